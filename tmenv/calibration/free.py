"""Which numbers of the parameter files the data of each game can carry, besides those of ``closed``."""

_TMNF = [
    *(f"thrust_steps.{step}" for step in (4, 5, 6, 7)),
    "coast_constant",
    "coast_linear",
    "brake_linear",
    "blend_target",
    "tyre_stiffness",
    *(f"grip_limit.{knot}" for knot in (1, 2, 3, 4, 5)),
    "slide_limit",
    "slide_brake_limit",
    "slide_overflow",
    "roll_lever",
    "tilt_linear",
    *(f"steer_torque.{knot}" for knot in (1, 2, 3, 4, 5, 6, 7)),
    "yaw_stiffness",
    "suspension_damping",
    "bottom_share",
    "bottom_push",
    "turbo_factor",
    "hull_friction",
    "shift_rpm_rate",
    "wall_friction",
    "wall_share",
    *(f"wall_drag.{step}" for step in (1, 2)),
    *(f"surfaces.6.{column}" for column in ("accel", "grip", "brake", "halving")),
    "surfaces.2.accel",
    "surfaces.2.grip",
]

_TM2020 = ["surfaces.6.accel", "surfaces.6.grip"]
"""Little: with all laws free, the few runs at hand are fitted closer, but held-out maps and long windows get worse than
with the numbers of TMNF (see docs/physics.md)."""

FREE = {"TMNF": _TMNF, "TM2020": _TM2020}
"""Game -> names of the numbers that a fit may change."""
