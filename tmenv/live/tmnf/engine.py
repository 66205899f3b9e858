"""``EngineTMNF``: a running TMNF behind the engine protocol, in lock-step."""

from typing import Any

import numpy as np

from tmenv.constants import TICK_MS
from tmenv.engine.base import Moved
from tmenv.engine.params import load_parameters
from tmenv.errors import LiveError
from tmenv.live.startline import check_start, check_uid
from tmenv.live.tmnf.car import car_of
from tmenv.live.tmnf.game import GameOptions, GameTMNF
from tmenv.track.track import Track


class EngineTMNF:
    """The car in a running TMNF, which waits for us. It connects with the first ``reset``.

    Args:
        track: the map the game plays.
        options: how to play.
    """

    realtime = False

    def __init__(self, track: Track, options: GameOptions):
        self._track, self._options = track, options
        self._params = load_parameters(track.game)[0]
        self._game: GameTMNF | None = None
        self._map_checked = False

    def reset(self) -> Moved:
        """See ``Engine``."""
        if self._game is None:
            self._game = GameTMNF(self._options)
        state = self._game.reset()
        try:
            self._check_map(self._game, state)
        except LiveError:
            self.close()  # another map: the game goes on as if we had never come
            raise
        return self._moved(state)

    def advance(self, steer: float, gas: bool, brake: bool) -> Moved:
        """See ``Engine``."""
        game = self._opened()
        if game.finish_ms is not None:
            raise LiveError("the race is over; reset the env first")
        return self._moved(game.advance(steer, gas, brake))

    def rest(self) -> None:
        """See ``Engine``: the game waits, with the patience it has between races."""
        self._opened().pause()

    def picture(self) -> np.ndarray:
        """See ``Engine``: the frame of this moment; at the finish, and after ``restore``, that of the step before."""
        frame = self._opened().frame
        if frame is None:
            raise LiveError("there is no picture of this moment; it comes with the next step")
        return frame

    def snapshot(self) -> bytes:
        """See ``Engine``."""
        return self._opened().snapshot()

    def restore(self, snapshot: bytes) -> None:
        """See ``Engine``."""
        self._opened().restore(snapshot)

    def report(self) -> dict[str, Any]:
        """What the plugin can do; see docs/concepts.md."""
        game = self._opened()
        return {"analog": game.analog, "map_checked": self._map_checked, "time_exact": True}

    def close(self) -> None:
        """See ``Engine``."""
        if self._game is not None:
            self._game.close()
        self._game = None

    def _check_map(self, game: GameTMNF, state: np.ndarray) -> None:
        uid = game.map_uid
        self._map_checked = uid is not None
        if uid is not None:
            check_uid(self._track, uid)
        check_start(self._track, state["position"])

    def _opened(self) -> GameTMNF:
        if self._game is None:
            raise LiveError("reset the env before the first step")
        return self._game

    def _moved(self, state: np.ndarray) -> Moved:
        car = car_of(state, self._params)
        finish_ms = self._opened().finish_ms
        if finish_ms is not None:
            car["finished"], car["race_time_ms"] = 1, finish_ms
            car["ticks"] = finish_ms // TICK_MS + 1  # the tick that crossed the line began then
        return Moved(car)
