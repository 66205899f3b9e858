"""Checks of TM2020: its plugin's stream, the race, and the car."""

import time

from tmenv.errors import LiveError
from tmenv.live.controls import Guard, open_pad
from tmenv.live.doctor import screen
from tmenv.live.doctor.faults import BrokenError, SkippedError
from tmenv.live.doctor.walk import Link, Patient
from tmenv.live.startline import check_start, check_uid
from tmenv.live.tm2020 import GameTM2020, Telemetry
from tmenv.live.tm2020.receiver import REFUSED

_LEAST_RATE = 25.0
"""Packets a second: steps of 20 Hz want a new one each."""
_RATE_S = 1.0
_PULSE_S, _PULSE_STEP_S = 1.0, 0.05
_MOVED = 0.5
"""m/s that a throttle held for a second is good for, by far."""


def port(patient: Patient) -> str:
    """Does anything listen where the plugin should?"""
    options = patient.options
    patient.telemetry = telemetry = patient.opened.enter_context(Telemetry(options.port, options.dialect))
    deadline = time.monotonic() + options.wait_s
    while not telemetry.status.connection:
        if time.monotonic() > deadline:
            raise BrokenError("port", _why(telemetry, 0.0))
        time.sleep(_PULSE_STEP_S)
    return f"connected to {telemetry.status.port}"


def plugin(patient: Patient) -> str:
    """Does the plugin say what we understand?"""
    telemetry = patient.telemetry
    try:
        telemetry.latest(timeout_s=patient.options.wait_s)
    except LiveError as error:
        status = telemetry.status
        fault = "refused" if REFUSED in status.fault else "alien" if status.fault or status.bad else "silent"
        raise BrokenError(fault, error) from None
    if telemetry.status.dialect != "framed":
        return f"speaks {telemetry.status.dialect}"
    return f"ours, version {telemetry.hello().plugin_version}"


def rate(patient: Patient) -> str:
    """Do packets arrive often enough?"""
    telemetry = patient.telemetry
    before, started = telemetry.status, time.perf_counter()
    time.sleep(_RATE_S)
    after, took = telemetry.status, time.perf_counter() - started
    seen = f"{(after.received + after.dropped - before.received - before.dropped) / took:.0f} packets a second"
    if after.received - before.received < _LEAST_RATE * took:
        raise BrokenError("rate", seen)
    return seen


def restart(patient: Patient) -> str:
    """Does the race start again when we say so?"""
    options = patient.options
    if options.controls == "none":
        raise SkippedError("controls are none")
    try:
        pad = Guard(open_pad(options.controls, patient.title, options.window))
        patient.game = patient.opened.enter_context(GameTM2020(patient.telemetry, pad))
        state = patient.game.reset().state
    except LiveError as error:
        raise BrokenError("restart", error) from None
    return "the car stands at " + ", ".join(f"{value:.1f}" for value in state["position"])


def track(patient: Patient) -> str:
    """Is the map that is loaded the track that is meant? By its uid, or else by where its race starts."""
    wanted, telemetry = patient.options.track, patient.telemetry
    if wanted is None:
        uid = telemetry.hello().map_uid if telemetry.status.dialect == "framed" else "unknown to this plugin"
        raise SkippedError(f"no --track was given; the map loaded is {uid}")
    try:
        if telemetry.status.dialect == "framed":
            check_uid(wanted, telemetry.hello().map_uid)
            return f"{wanted.name}, by its uid"
        if patient.game is None:
            raise SkippedError("this plugin does not name the map, and without controls the race cannot be started")
        check_start(wanted, telemetry.latest().state["position"])
    except LiveError as error:
        raise BrokenError("map", error) from None
    return f"{wanted.name}, by its start"


def throttle(patient: Patient) -> str:
    """Does the car drive when we hold the throttle?"""
    top = 0.0
    try:
        for _ in range(round(_PULSE_S / _PULSE_STEP_S)):
            top = max(top, float(patient.game.advance(0.0, 1.0, 0.0).state["speed"]))
            time.sleep(_PULSE_STEP_S)
        patient.game.advance(0.0, 0.0, 0.0)
    except LiveError as error:
        raise BrokenError("throttle", error) from None
    seen = f"{top:.1f} m/s after {_PULSE_S:g} s of throttle"
    if top < _MOVED:
        raise BrokenError("throttle", seen)
    return seen


def _why(telemetry: Telemetry, timeout_s: float) -> LiveError | str:
    try:
        telemetry.latest(timeout_s=timeout_s)
    except LiveError as error:
        return error
    return "it began to listen just now; try again"


LINKS = (
    screen.PROCESS,
    screen.WINDOW,
    screen.CAPTURE,
    Link("port", port),
    Link("plugin", plugin, ("port",)),
    Link("rate", rate, ("plugin",)),
    Link("restart", restart, ("plugin", "controls")),
    Link("map", track, ("plugin",)),
    Link("throttle", throttle, ("restart",)),
    screen.MOTION,
)
