"""``Scenery``: the meshes of all tracks in use, pooled for the kernel."""

import numpy as np

from tmenv.render.car import car_chunks
from tmenv.render.mesh import Mesh, build_mesh
from tmenv.render.tables import CHUNK, FACE, REGION, SCENE, TRACK_SCENES
from tmenv.track import Track

_POOLS = {"faces": FACE, "chunks": CHUNK, "regions": REGION, "scenes": SCENE}


class Scenery:
    """Meshes of tracks in numbered slots, in the order of ``add``; slot numbers may be those of an engine's ``World``.

    A slot can be written again: its region of each pool is reused if the new mesh fits, else moved to the end.

    Attributes:
        version: grows with every ``add`` and ``put``: pools may have moved.
    """

    def __init__(self):
        self._pools = {name: np.zeros(0, dtype) for name, dtype in _POOLS.items()}
        self._used = dict.fromkeys(_POOLS, 0)
        self._rooms: list[dict[str, tuple[int, int]]] = []
        self.version = 0
        faces, chunks = car_chunks()
        self._add(Mesh(faces, chunks, np.zeros(0, REGION), 0.0))

    def __len__(self) -> int:
        return len(self._rooms) - TRACK_SCENES

    def add(self, track: Track) -> int:
        """Build and append the mesh of a track; returns its slot."""
        return self._add(build_mesh(track)) - TRACK_SCENES

    def put(self, slot: int, track: Track) -> None:
        """Replace the mesh in a slot by that of another track."""
        self._write(slot + TRACK_SCENES, build_mesh(track))

    def fill_header(self, header: np.ndarray) -> None:
        """Write addresses and lengths of the pools into a header record."""
        for name, pool in self._pools.items():
            header[name] = pool.ctypes.data
            header[f"{name}_count"] = self._used[name]

    def _add(self, mesh: Mesh) -> int:
        self._rooms.append({})
        self._reserve("scenes", 1)
        self._write(len(self._rooms) - 1, mesh)
        return len(self._rooms) - 1

    def _write(self, row: int, mesh: Mesh) -> None:
        self.version += 1
        scene = np.zeros((), SCENE)
        for name, table in (("faces", mesh.faces), ("chunks", mesh.chunks), ("regions", mesh.regions)):
            start = self._store(row, name, table)
            scene[f"{name.removesuffix('s')}_at"] = start
        scene["region_count"], scene["ground_y"] = len(mesh.regions), mesh.ground_y
        self._pools["scenes"][row] = scene

    def _store(self, row: int, pool: str, table: np.ndarray) -> int:
        start, room = self._rooms[row].get(pool, (0, 0))
        if len(table) > room:
            start, room = self._reserve(pool, len(table)), len(table)
            self._rooms[row][pool] = (start, room)
        self._pools[pool][start : start + len(table)] = table
        return start

    def _reserve(self, pool: str, count: int) -> int:
        """Room for ``count`` more rows; the pool doubles when it is full."""
        start = self._used[pool]
        self._used[pool] = start + count
        if self._used[pool] > len(self._pools[pool]):
            grown = np.zeros(2 * self._used[pool], self._pools[pool].dtype)
            grown[:start] = self._pools[pool][:start]
            self._pools[pool] = grown
        return start
