"""docs/protocols.md tells what the code sends."""

from pathlib import Path

import numpy as np
import pytest

from tmenv.live.tm2020.dialects import DIALECTS
from tmenv.live.tm2020.state import STATE
from tmenv.live.tmnf.compact import COMPACT
from tmenv.live.tmnf.messages import BYTES_REPLIES, FROM_CLIENT, FROM_GAME, INT_REPLIES, WITH_BYTES, Kind

_TYPES = {"f4": "f32", "u1": "u8", "u2": "u16", "u4": "u32", "u8": "u64", "i4": "i32"}
_CODES = {"i": "i32", "I": "u32", "f": "f32", "B": "u8"}


def record_rows(dtype: np.dtype) -> list[str]:
    """Rows of the table of a record."""
    rows = []
    for name, (kind, offset, *_) in (dtype.fields or {}).items():
        scalar = "wheel" if kind.base.names else _TYPES[kind.base.str[1:]]
        rows.append(f"| {offset} | {name} | {scalar}{''.join(f'[{size}]' for size in kind.shape)} |")
    return rows


def dialect_rows() -> list[str]:
    """Rows of the table of dialects."""
    return [
        f"| {dialect.name} | {dialect.size} | {', '.join(name or '-' for name in dialect.fields)} |"
        for dialect in DIALECTS.values()
    ]


def message_rows() -> list[str]:
    """Rows of the table of the link's messages."""
    rows = []
    for kind in Kind:
        form = (FROM_GAME | FROM_CLIENT).get(kind)
        payload = ", ".join(_CODES[code] for code in form.format.lstrip("<")) if form else ""
        payload = "i32 n, n bytes" if kind in WITH_BYTES else payload
        payload = "width * height * 4 bytes BGRA, top row first" if kind == Kind.FRAME else payload
        answer = "i32" if kind in INT_REPLIES else "i32 n, n bytes" if kind in BYTES_REPLIES else ""
        answer = (
            "the same id" if kind in FROM_GAME else "i32 version, u32 capabilities" if kind == Kind.HELLO else answer
        )
        rows.append(f"| {int(kind)} | {kind.name} | {payload} | {answer} |")
    return rows


TABLES = {
    "STATE_TABLE": record_rows(STATE),
    "DIALECT_TABLE": dialect_rows(),
    "MESSAGE_TABLE": message_rows(),
    "COMPACT_TABLE": record_rows(COMPACT),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_are_those_of_the_code(name: str, root: Path):
    page = (root / "docs" / "protocols.md").read_text(encoding="utf-8")
    assert "\n".join(TABLES[name]) in page
