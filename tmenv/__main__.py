"""``python -m tmenv`` is the command ``tmenv``."""

import sys

from tmenv.cli import main

if __name__ == "__main__":
    sys.exit(main())
