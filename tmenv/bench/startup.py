"""What a new process waits for: importing tmenv, and the first step with and without compiled kernels."""

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from tempfile import TemporaryDirectory

from tmenv.bench.figure import Figure
from tmenv.errors import TmenvError

REPEATS = 5

IMPORT = "import tmenv"

FIRST_STEP = """\
import gymnasium, tmenv
env = gymnasium.make({env_id!r})
env.reset(seed=0)
env.step(env.action_space.sample())
env.close()
"""


def import_figure() -> Figure:
    """Import time of the package."""
    return Figure("tmenv", "import", median(_seconds(IMPORT) for _ in range(REPEATS)), "s")


def first_step_figures(env_id: str) -> Iterator[Figure]:
    """From import to the first step of ``env_id``, in new processes: compiling, then with the kernels cached."""
    script = FIRST_STEP.format(env_id=env_id)
    with TemporaryDirectory() as folder:
        yield Figure(env_id, "import to first step, compiling", _seconds(script, folder), "s", 1)
        cached = median(_seconds(script, folder) for _ in range(REPEATS))
    yield Figure(env_id, "import to first step, cached", cached, "s", 1)


def _seconds(script: str, cache: str | None = None) -> float:
    """Seconds that a script takes in a new interpreter, not counting the start of the interpreter."""
    timed = f"from time import perf_counter\nstart = perf_counter()\n{script}\nprint(perf_counter() - start)"
    environment = os.environ if cache is None else {**os.environ, "NUMBA_CACHE_DIR": cache}
    done = subprocess.run([sys.executable, "-c", timed], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TmenvError(f"a new process could not run the benchmark: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout.split()[-1])
