"""What `edge-agent check` prints for the files of golden/. Write it anew: `python -m tests.config.goldens`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner

from edge_agent import __version__
from edge_agent.cli.check import command
from firmware_bridges.families import FAMILIES

GOLDEN = Path(__file__).with_name("golden")
"""One mistake a file, with what is printed for it beside it."""

FILES = sorted(GOLDEN.glob("*.yaml"))


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[None]:
    """Work in `path` for a while; contextlib.chdir is from 3.11."""
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def printed(file: Path) -> str:
    """Return the whole output for one file, checked in its own directory; what grows by itself is only named."""
    with _directory(file.parent):
        said = CliRunner().invoke(command, [file.name]).output
    return said.replace(__version__, "VERSION").replace(", ".join(FAMILIES), "FAMILIES")


if __name__ == "__main__":
    for each in FILES:
        each.with_suffix(".txt").write_text(printed(each), encoding="utf-8")
