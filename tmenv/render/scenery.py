"""``Scenery``: the meshes of all tracks in use, pooled for the kernel."""

import numpy as np

from tmenv.engine.pools import Pools
from tmenv.render.car import car_chunks
from tmenv.render.mesh import Mesh, build_mesh
from tmenv.render.tables import CHUNK, FACE, REGION, SCENE, TRACK_SCENES
from tmenv.track import Track

_POOLS = {"faces": FACE, "chunks": CHUNK, "regions": REGION, "scenes": SCENE}


class Scenery(Pools):
    """Meshes of tracks in numbered slots, in the order of ``add``, which may be that of an engine's ``World``."""

    def __init__(self):
        super().__init__(_POOLS)
        faces, chunks = car_chunks()
        self._add(Mesh(faces, chunks, np.zeros(0, REGION), 0.0))

    def __len__(self) -> int:
        return len(self._regions) - TRACK_SCENES

    def add(self, track: Track) -> int:
        """Build and append the mesh of a track; returns its slot."""
        return self._add(build_mesh(track)) - TRACK_SCENES

    def put(self, slot: int, track: Track) -> None:
        """Replace the mesh in a slot by that of another track."""
        self._write(slot + TRACK_SCENES, build_mesh(track))

    def _add(self, mesh: Mesh) -> int:
        row = self._add_slot(["scenes"])
        self._write(row, mesh)
        return row

    def _write(self, row: int, mesh: Mesh) -> None:
        scene = np.zeros((), SCENE)
        for name, table in (("faces", mesh.faces), ("chunks", mesh.chunks), ("regions", mesh.regions)):
            scene[f"{name.removesuffix('s')}_at"] = self._store(row, name, table)
        scene["region_count"], scene["ground_y"] = len(mesh.regions), mesh.ground_y
        self._pools["scenes"][row] = scene
