"""What a client of the stand-in TMNF may ask while the game waits for it."""

import logging
from typing import TYPE_CHECKING

from tmenv.errors import TmenvError
from tmenv.live.standin import savestate
from tmenv.live.standin.client import Client, ClientGoneError
from tmenv.live.tmnf.compact import compact_of
from tmenv.live.tmnf.messages import EXTENSION_VERSION, FROM_CLIENT, FULL_LOCK, HELLO_REPLY, INT, Capability, Kind
from tmenv.live.tmnf.simstate import SimState
from tmenv.live.wire import WireError

if TYPE_CHECKING:
    from tmenv.live.standin.tmnf import StandInTMNF

PACED = 1.0e-4
"""Shortest sleep worth the call, s."""
_CAPABILITIES = Capability.ANALOG | Capability.COMPACT_STATE | Capability.INPUT_IN_STEP | Capability.MAP_UID
_log = logging.getLogger(__name__)


class Requests:
    """Reads one request's payload, does it, and answers."""

    def __init__(self, game: "StandInTMNF"):
        self._game = game

    def serve(self, number: int, client: Client, deadline_s: float) -> None:
        """Serve the request with that id. As in the game, an unknown id is skipped without its payload.

        Raises:
            ClientGoneError: the client broke off, or asked for the impossible.
        """
        known = number in set(Kind) and (number < Kind.HELLO or self._game.extended)
        if not known:
            _log.warning("unknown id %d skipped", number)
            return
        kind = Kind(number)
        if kind in (Kind.REWIND_TO_STATE, Kind.EXECUTE_COMMAND):
            self._take_bytes(kind, client.read_bytes(deadline_s))
        elif kind in FROM_CLIENT:
            self._set(kind, client.read(FROM_CLIENT[kind], deadline_s))
        else:
            self._do(kind, client)

    def _take_bytes(self, kind: Kind, data: bytes) -> None:
        if kind == Kind.EXECUTE_COMMAND:
            self._execute(data.decode("ascii", "replace").strip())
            return
        game = self._game
        try:
            game.tick_ms = savestate.load(game.race, data)
        except WireError as error:
            _log.warning("no rewind: %s", error)
        else:
            game.script[:] = [(at, text) for at, text in game.script if at <= game.race.time_ms]

    def _set(self, kind: Kind, values: tuple) -> None:
        """Requests with a fixed payload; none of them is answered."""
        game = self._game
        match kind:
            case Kind.SET_SPEED:
                game.speed = max(0.0, values[0])
            case Kind.SET_INPUT_STATE:
                left, right, gas, brake = (bool(value) for value in values)
                game.set_inputs(float(right) - float(left), gas, brake)
            case Kind.SET_INPUT_ANALOG:
                steer, gas, brake = values
                game.set_inputs(min(max(steer / FULL_LOCK, -1.0), 1.0), gas > 0, bool(brake))
            case Kind.SET_TIMEOUT:
                game.timeout_ms = values[0]
            case Kind.SET_ON_STEP_PERIOD:
                game.period_ms = max(1, values[0])
            case Kind.REQUEST_FRAME:
                if game.frames is None:
                    raise ClientGoneError("it requested a frame, and this stand-in draws none")
                game.requested = values
            case _:
                _log.debug("%s%s: nothing to see here", kind.name, values)

    def _do(self, kind: Kind, client: Client) -> None:
        """Requests without a payload."""
        game = self._game
        match kind:
            case Kind.GET_SIMULATION_STATE:
                _answer(client, self._state())
            case Kind.GET_COMPACT_STATE:
                _answer(client, compact_of(SimState.from_bytes(self._state()).fields).tobytes())
            case Kind.GET_MAP_UID:
                _answer(client, (game.race.track.uid or game.race.track.name).encode())
            case Kind.GET_INPUTS:
                _answer(client, "\n".join(f"{at} {text}" for at, text in game.script).encode())
            case Kind.RACE_FINISHED:
                client.write(INT.pack(game.race.finished or game.tick_ms > game.race.time_ms))
            case Kind.IS_IN_MENUS:
                client.write(INT.pack(0))
            case Kind.HELLO:
                client.write(HELLO_REPLY.pack(EXTENSION_VERSION, _CAPABILITIES))
            case Kind.GIVE_UP:
                game.restart()
            case Kind.PREVENT_SIMULATION_FINISH:
                game.race.undo_finish()
                game.tick_ms = game.race.time_ms
            case Kind.UNREQUEST_FRAME:
                game.requested = None
            case Kind.SHUTDOWN:
                raise ClientGoneError("it said goodbye")
            case Kind.REWIND_TO_CURRENT_STATE | Kind.RESET_CAMERA:
                pass  # the simulator's state does not drift, and there is no camera
            case _:
                raise ClientGoneError(f"it sent {kind.name}, a message of the game")

    def _state(self) -> bytes:
        return savestate.save(self._game.race, self._game.tick_ms)

    def _execute(self, command: str) -> None:
        """The console commands that mean something to a stand-in; the game has many more."""
        word, _, rest = command.partition(" ")
        if word == "map":
            try:
                self._game.load_map(rest.strip().strip('"'))
            except TmenvError as error:
                _log.warning("no map: %s", error)
        elif command.startswith("set countdown_speed "):
            try:
                self._game.countdown_speed = float(command.rsplit(" ", 1)[1])
            except ValueError:
                _log.warning("no number: %s", command)
        else:
            _log.info("command without effect: %s", command)


def _answer(client: Client, data: bytes) -> None:
    client.write(INT.pack(len(data)) + data)
