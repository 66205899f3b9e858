"""Checks of TMNF: the TMInterface link, the race, and the car."""

import time

import numpy as np

from tmenv.errors import LiveError
from tmenv.live.doctor import screen
from tmenv.live.doctor.faults import BrokenError, SkippedError
from tmenv.live.doctor.walk import Link, Patient
from tmenv.live.startline import check_start, check_uid
from tmenv.live.tmnf import GameOptions, GameTMNF
from tmenv.live.tmnf import Link as GameLink
from tmenv.live.tmnf.link import RefusedError, SilentError
from tmenv.live.tmnf.messages import PORT

_STEPS = 20
_SPEED = 20.0
_MOVED = 0.5
_FRAME = (128, 96)
_LEAST_SPREAD = 1.0


def port(patient: Patient) -> str:
    """Does anything listen where the plugin should?"""
    number = _port(patient)
    try:
        GameLink(number, 1.0).close()
    except RefusedError as error:
        raise BrokenError("port", error) from None
    return f"something listens on {number}"


def plugin(patient: Patient) -> str:
    """Does the plugin answer, and is a race on?"""
    wait_s = patient.options.wait_s
    options = GameOptions(_port(patient), speed=_SPEED, frame_size=_FRAME, silence_s=wait_s, start_s=2.0 * wait_s)
    try:
        patient.game = patient.opened.enter_context(GameTMNF(options))
    except SilentError as error:
        raise BrokenError("silent", error) from None
    except LiveError as error:
        raise BrokenError("alien", error) from None
    return "ours, with analog steering" if patient.game.analog else "without analog steering: steering is keys"


def restart(patient: Patient) -> str:
    """Does the race start again when we say so?"""
    try:
        state = patient.game.reset()
    except LiveError as error:
        raise BrokenError("restart", error) from None
    return f"the race is at {int(state['race_time'])} ms"


def track(patient: Patient) -> str:
    """Is the map that is loaded the track that is meant? By its uid, or else by where its race starts."""
    wanted = patient.options.track
    try:
        uid = patient.game.map_uid
        if wanted is None:
            raise SkippedError(f"no --track was given; the map loaded is {uid or 'unknown to this plugin'}")
        if uid:
            check_uid(wanted, uid)
            return f"{wanted.name}, by its uid"
        check_start(wanted, patient.game.state["position"])
    except LiveError as error:
        raise BrokenError("map", error) from None
    return f"{wanted.name}, by its start"


def frames(patient: Patient) -> str:
    """Did a picture come with the step?"""
    frame = patient.game.frame
    if frame is None or frame[..., :3].std() < _LEAST_SPREAD:
        raise BrokenError("frames", "none came" if frame is None else f"all pixels are {frame[0, 0, 2::-1].tolist()}")
    return f"{frame.shape[1]} x {frame.shape[0]} pixels"


def throttle(patient: Patient) -> str:
    """Does the car drive when we hold the throttle, and how fast does the game step?"""
    started = time.perf_counter()
    try:
        for _ in range(_STEPS):
            state = patient.game.advance(0.0, True, False)
    except LiveError as error:
        raise BrokenError("throttle", error) from None
    took, speed = time.perf_counter() - started, float(np.linalg.norm(state["velocity"]))
    seen = f"{speed:.1f} m/s after {_STEPS} steps with throttle; {_STEPS / took:.0f} steps a second with pictures"
    if speed < _MOVED:
        raise BrokenError("throttle", seen)
    return seen


def _port(patient: Patient) -> int:
    return PORT if patient.options.port is None else patient.options.port


LINKS = (
    screen.PROCESS,
    screen.WINDOW,
    Link("port", port),
    Link("plugin", plugin, ("port",)),
    Link("restart", restart, ("plugin",)),
    Link("map", track, ("restart",)),
    Link("frames", frames, ("restart",)),
    Link("throttle", throttle, ("restart",)),
)
