"""The keyboard of a terminal, key by key; arrows and Enter come with a name."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge_agent.cli.watching.desk import DOWN, ENTER, ERASE, ESCAPE, UP

_NAMED = {
    "\x1b[A": UP,
    "\x1bOA": UP,
    "\x1b[B": DOWN,
    "\x1bOB": DOWN,
    "\r": ENTER,
    "\n": ENTER,
    "\x7f": ERASE,
    "\b": ERASE,
    "\x1b": ESCAPE,
}
"""What terminals send for these keys (ECMA-48 cursor keys, and their application mode)."""


_KEY = re.compile(r"\x1b(?:O.|\[[0-9;]*[A-Za-z~])|.", re.DOTALL)
"""One key: an escape sequence, or a character; Escape itself is one."""


def keys(data: str) -> list[str]:
    """Return the keys in what a terminal sent at once; an escape sequence we have no use for is no key."""
    found = _KEY.findall(data)
    return [_NAMED.get(each, each) for each in found if each in _NAMED or each.isprintable()]


@contextmanager
def keyboard(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call `pressed` for every key until the block ends; the terminal is left as it was."""
    terminal, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(terminal)

    def read() -> None:
        for key in keys(os.read(terminal, 64).decode(errors="ignore")):
            pressed(key)

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    try:
        yield
    finally:
        loop.remove_reader(terminal)
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
