"""The process beside a ``Keyboard``: lets go of its keys if it ends without having done so itself.

A killed process cannot release what it holds, and X servers and Windows leave the keys of such a one pressed: the car
would drive on for ever. So this reads a pipe, whose other end closes with the process however that came about.
"""

import sys

from tmenv.live.keyboard import pynput_keyboard


def main(keys: list[str]) -> None:
    """Wait for the end of the input; if it says nothing, the keys are still held."""
    if not sys.stdin.buffer.read():
        module = pynput_keyboard()
        controller = module.Controller()
        for key in keys:
            controller.release(getattr(module.Key, key))


if __name__ == "__main__":
    main(sys.argv[1:])
