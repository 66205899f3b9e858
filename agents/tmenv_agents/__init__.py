"""Agents that learn to drive in tmenv's environments."""

import os

# How long a thread of torch (of GNU's OpenMP) looks for its next piece of work before it sleeps, in turns of a loop.
# By default it looks for milliseconds: on idle cores a tenth faster than this, and two to five times slower as soon as
# another program wants one of them (measured), because who looks for work keeps the core from who holds it.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
