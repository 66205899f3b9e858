"""``tmenv doctor``: finds the broken link between tmenv and a running game.

``faults`` is the table of all that it can find, ``computer``, ``screen``, ``stream`` and ``lockstep`` are the checks,
``walk`` goes through them in the order in which each builds on the ones before.
"""
