"""Recorded motion of a ghost: one table for both games."""

import zlib
from typing import Any

import numpy as np

from tmenv.gbx.archive import MAX_COORDINATE_M, Reader

SAMPLE = np.dtype(
    [
        ("time_s", np.float64),  # 0 = start of the race
        ("position", np.float32, 3),  # world, m
        ("rotation", np.float32, 4),  # quaternion x, y, z, w: car axes to world axes
        ("velocity", np.float32, 3),  # world, m/s; its direction is stored in steps of 1.4 degrees
        ("angular_velocity", np.float32, 3),  # world, rad/s, likewise
        ("forward_speed", np.float32),  # m/s, in steps of 0.17; of the centre of mass
        ("side_speed", np.float32),  # m/s, + = left
        ("steer", np.float32),  # -1 left .. 1 right
        ("gas", np.float32),  # 0..1
        ("brake", np.float32),  # 0..1
        ("gear", np.int8),  # 1..5, 0 = none
        ("rpm", np.float32),
        ("material", np.uint8, 4),  # surface under the wheels FL, FR, RR, RL; see constants.Material
        ("contact", np.bool_, 4),  # the wheel touches the ground, same order
        ("slide", np.bool_, 4),
        ("damper", np.float32, 4),
        ("on_ground", np.bool_),  # at least one wheel touches
        ("turbo", np.float32),  # 0 = none; otherwise what the game stores while one acts, 0..1
    ]
)
"""A row of ``Ghost.samples``."""

_ZERO: Any = np.zeros((), SAMPLE)

MAX_RECORD_BYTES = 32 * 2**20
"""Largest decompressed record (largest seen: 7.5 MB)."""

_ZLIB_LARGEST_RATIO = 1032


def make_samples(columns: dict[str, np.ndarray], number: int, reader: Reader) -> np.ma.MaskedArray:
    """A table of ``number`` rows from ``columns``; fields that are not among them are masked.

    Raises:
        GbxError: a position is not within the possible.
    """
    if number and not (np.abs(columns["position"]) <= MAX_COORDINATE_M).all():
        reader.fail(f"positions within {MAX_COORDINATE_M:.0f} m")
    data = np.zeros(number, SAMPLE)
    samples = _table(data)
    mask: Any = samples.mask
    for name in SAMPLE.names or ():
        column = columns.get(name)
        if column is None:
            mask[name] = True
            continue
        data[name] = np.ma.getdata(column)
        if isinstance(column, np.ma.MaskedArray):
            mask[name] = np.ma.getmaskarray(column)
    return samples


def no_samples() -> np.ma.MaskedArray:
    """The table of a ghost without recorded motion."""
    return _table(np.empty(0, SAMPLE))


def _table(data: np.ndarray) -> np.ma.MaskedArray:
    """A masked view; what is masked counts as 0 where numpy needs a number (its 1e20 fits no integer)."""
    table = data.view(np.ma.MaskedArray)
    np.ma.set_fill_value(table, _ZERO)
    return table


def decompress_zlib(reader: Reader) -> bytes:
    """The zlib stream at the reader's position, behind its stated sizes (decompressed, compressed)."""
    size = reader.u32()
    compressed = reader.bytes(reader.u32(), "a compressed record")
    if size > min(MAX_RECORD_BYTES, _ZLIB_LARGEST_RATIO * len(compressed)):
        reader.fail(f"a record of a possible size (it says {size} bytes)")
    decoder = zlib.decompressobj()
    try:
        data = decoder.decompress(compressed, size + 1)
    except zlib.error:
        reader.fail("an undamaged compressed record")
    if len(data) != size:
        reader.fail(f"a record of {size} bytes (it expands to another size)")
    return data
