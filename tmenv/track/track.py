"""``Track``: everything the engine needs to know about a map, and its four geometry queries."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tmenv.track import ribbon, storage
from tmenv.track.polyline import Polyline
from tmenv.track.scene import Scene
from tmenv.track.tables import FLIGHT, WALL, WALL_LEFT, WALL_RIGHT

if TYPE_CHECKING:
    from tmenv.gbx import Ghost, Replay

_OUTLINE_STEP_M = 2.0


@dataclass(frozen=True, eq=False)
class Track(Scene):
    """A track: a scene with a route from the start to the finish.

    All lengths are metres, times seconds, world frame with y up. Route metres ``s`` count from the spawn
    over all laps: along the centreline in plan where the connections of the blocks tell the route, else along its line
    in space. The attributes of ``Scene``, whose patches lead along the route
    where they are on it, and:

    Attributes:
        uid: the game's unique id, "" for tracks that no game knows.
        author_time_s: the author's time; None if the track has none. Likewise gold, silver and bronze.
        laps: laps of the race, 1 for a sprint.
        checkpoints: number of checkpoints (linked ones count once) required in each lap.
        length_m: route metres of the finish plane in the last lap.
        void_y: a car below this height has fallen.
        spawn: x, y, z of the car's origin at the start.
        spawn_yaw: heading at the start, radians; forward is (sin yaw, 0, cos yaw).
        route: ``ROUTE_POINT`` (R,), every 2 m from the spawn; it goes on behind the finish as far as there is
            road (see ``road_after_finish_m``), at most some 40 m and the rest of a block.
        waypoints: as in ``Scene``, checkpoints and finishes each in the order of travel. The ``s`` of a
            start-finish line is the end of the first lap.
        centreline: ``PATCH`` (M,): the exact ribbons of the route, one after the other; empty if ``route`` is all there
            is.
        centreline_s: float64 (M,): route metres at which each of them starts (the first lies behind the spawn).
        route_from: ``"connections"`` of the blocks, ``"surfaces"`` (the cheapest way over them) or ``"recording"``.
        approximate: the surfaces are not the map's, but a ribbon laid under a recorded run.
    """

    uid: str
    author_time_s: float | None
    gold_time_s: float | None
    silver_time_s: float | None
    bronze_time_s: float | None
    laps: int
    checkpoints: int
    length_m: float
    void_y: float
    spawn: tuple[float, float, float]
    spawn_yaw: float
    route: np.ndarray = field(repr=False)
    centreline: np.ndarray = field(repr=False)
    centreline_s: np.ndarray = field(repr=False)
    route_from: str = "connections"
    approximate: bool = False

    @property
    def road_after_finish_m(self) -> float:
        """Metres of route behind the finish plane; readers that look further go straight on from there."""
        return float(self.route["s"][-1]) - self.length_m

    @property
    def gaps(self) -> np.ndarray:
        """Route metres where the road ends and where it goes on, float64 (g, 2): jumps.

        Only of routes that the connections of the blocks tell; empty for others.
        """
        flights = self.centreline["block"] == FLIGHT
        starts = self.centreline_s[flights]
        return np.column_stack([starts, starts + self.centreline["length"][flights]])

    @cached_property
    def _polyline(self) -> Polyline | None:
        return None if len(self.centreline) else Polyline(self.route)

    def position(self, s: float, lateral: float = 0.0) -> tuple[float, float, float]:
        """World point (x, y, z) on the road surface at route metre ``s``, ``lateral`` metres left of the centreline.

        Before the first and after the last road of the route it goes straight on.
        """
        if self._polyline is not None:
            return self._polyline.position(s, lateral)
        row, along = self._row(s)
        x, z, hx, hz = _straight_on(row, along)
        x, z = x + hz * lateral, z - hx * lateral
        y = ribbon.height(row, np.clip(along, 0.0, row["length"]), lateral, (x, z), self.profiles)
        return float(x[0]), float(y[0]), float(z[0])

    def heading_at(self, s: float) -> float:
        """Direction of travel at route metre ``s``: yaw in radians, forward is (sin yaw, 0, cos yaw)."""
        if self._polyline is not None:
            return self._polyline.heading_at(s)
        _, _, hx, hz = _straight_on(*self._row(s))
        return float(np.arctan2(hx[0], hz[0]))

    def width_at(self, s: float) -> float:
        """Distance between the road borders at route metre ``s``, metres."""
        if self._polyline is not None:
            return self._polyline.width_at(s)
        row, _ = self._row(s)
        return float(row["border_left"][0] + row["border_right"][0])

    def local_coordinates(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Route metre and lateral offset ``(s, lateral)`` of the place on the route nearest to a world point.

        Where the route passes the same place again (laps, crossings), the first passage counts; on the road
        behind the spawn ``s`` is negative.
        """
        if self._polyline is not None:
            return self._polyline.local_coordinates(x, y, z)
        rows = self.centreline
        s, _ = ribbon.local(rows, x, z)
        s = np.clip(s, 0.0, rows["length"])
        near_x, near_y, near_z = ribbon.position(rows, s, 0.0, self.profiles)
        # The laps of one road are equally near to the last bit, and argmin takes the first.
        row = int(np.argmin((near_x - x) ** 2 + (near_y - y) ** 2 + (near_z - z) ** 2))
        return self._beyond_ends(row, x, z, float(s[row]))

    def _beyond_ends(self, row: int, x: float, z: float, s: float) -> tuple[float, float]:
        near_x, near_z, hx, hz = ribbon.frame(self.centreline[row : row + 1], s)
        along = float((x - near_x[0]) * hx[0] + (z - near_z[0]) * hz[0])
        lateral = float((x - near_x[0]) * hz[0] - (z - near_z[0]) * hx[0])
        before = row == 0 and along < 0
        after = row == len(self.centreline) - 1 and along > 0
        return float(self.centreline_s[row]) + s + (along if before or after else 0.0), lateral

    def _row(self, s: float) -> tuple[np.ndarray, float]:
        number = max(0, int(np.searchsorted(self.centreline_s, s, side="right")) - 1)
        return self.centreline[number : number + 1], s - float(self.centreline_s[number])

    def plan_outline(self) -> list[np.ndarray]:
        """The walls seen from above: float64 arrays (n, 2) of x and z, one polyline per walled side of a patch."""
        lines = []
        for number in range(len(self.patches)):
            row = self.patches[number : number + 1]
            s = np.linspace(0.0, row["length"][0], max(2, int(row["length"][0] / _OUTLINE_STEP_M) + 1))
            x, z, hx, hz = ribbon.frame(row, s)
            if row["surface"][0] == WALL:
                lines.append(np.column_stack([x, z]))
            for bit, lateral in ((WALL_LEFT, row["border_left"][0]), (WALL_RIGHT, -row["border_right"][0])):
                if row["walls"][0] & bit:
                    lines.append(np.column_stack([x + hz * lateral, z - hx * lateral]))
        return lines

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the track to an ``.npz`` file; an existing file is replaced only once the new one is complete."""
        storage.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Track":
        """Read a track that ``save`` wrote.

        Raises:
            TrackError: the file is missing, broken, or of another version.
        """
        return cls(**storage.read(path))

    @classmethod
    def from_ghost(cls, ghost: "Ghost | Replay | np.ndarray | str | os.PathLike[str]", width: float = 16.0) -> "Track":
        """A road laid under a recorded run, with the heights and banks that it drove: when its map cannot be built.

        The track is marked ``approximate``: besides the line of the run nothing of it is the map's. The car can fall
        off; turbos and other effects are not there; where the run flew, there is a gap.

        Args:
            ghost: what ``load`` takes as a route.
            width: of the road, metres.

        Raises:
            TrackError: no recorded motion, a run on walls or upside down, or a width outside 2 to 100 m.
            GbxError: a file that cannot be read.
        """
        from tmenv.track.laid import laid
        from tmenv.track.recording import recording_of

        return cls(**laid(recording_of(ghost), width, "recorded run"))


def _straight_on(row: np.ndarray, along: float):
    """The centreline at ``along``, continued straight beyond both ends."""
    inside = np.clip(along, 0.0, row["length"].astype(np.float64))
    x, z, hx, hz = ribbon.frame(row, inside)
    return x + hx * (along - inside), z + hz * (along - inside), hx, hz
