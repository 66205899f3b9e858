"""``tmenv bench``: how fast the environments are, with the pace that each figure was measured at."""

from tmenv.bench.command import bench

__all__ = ["bench"]
