"""TM2020: a stream of telemetry in real time.

From our plugin (``framed``), or from the plugins that people already have (``dialects``).
"""

from tmenv.live.tm2020.client import Telemetry
from tmenv.live.tm2020.game import GameTM2020, is_finished
from tmenv.live.tm2020.receiver import Sample, Status

__all__ = ["GameTM2020", "Sample", "Status", "Telemetry", "is_finished"]
