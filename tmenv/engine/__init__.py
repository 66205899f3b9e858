"""The simulator: what moves the car.

``world`` pools the tracks' tables for the kernels; ``drive`` is one tick of a car in a race: ``dynamics`` (with
``contact``, ``forces``, ``impacts``) and the triggers of ``race``; ``lidar`` looks at the borders; ``spawn`` puts cars
on the track; ``simulator`` drives without a task. Parameters, one file per game, are in ``params``.
"""
