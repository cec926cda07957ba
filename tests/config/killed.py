"""A program that is killed at every step of applying a push: `python -m tests.config.killed DIRECTORY`.

For each step it forks, and the child dies by SIGKILL just before it, or in the middle of a write. The state directories
of the dead stay behind as DIRECTORY/<step>, beside a folder that says whether the push had been applied by then.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.effective import Diff
from edge_agent.gateway.config.keeper import ConfigKeeper, Outcome
from edge_agent.gateway.config.store import ConfigStore
from tests.config.pushed import NOW, SEED, STAMP, push, settings

OLDEST, OLD, NEW = settings(1, "1"), settings(2, "1", "2"), settings(3, "1", "3")
STEPS = ("open", "write", "fsync", "close", "replace", "unlink")
"""The calls of `os` by which a push gets to the disk."""


class Steps:
    """Counts the steps of this process, and ends it at one of them."""

    def __init__(self, last: int) -> None:
        self._last = last
        self.taken: list[str] = []

    def take(self, name: str) -> None:
        """Note a step, or die before it."""
        if len(self.taken) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.taken.append(name)

    def watch(self, owner: object, name: str) -> None:
        """Have every call of `owner.name` taken as a step; a write is two, with half of the bytes between them."""
        call: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: object, **options: object) -> object:
            self.take(name)
            if name == "write":
                self._write_half(call, *arguments)
            return call(*arguments, **options)

        setattr(owner, name, watched)

    def _write_half(self, write: Callable[[int, memoryview], int], descriptor: Any, data: Any) -> None:  # noqa: ANN401 - as os.write
        """Die with half of the bytes written, or take them back."""
        write(descriptor, data[: len(data) // 2])
        self.take("half-written")
        os.lseek(descriptor, 0, os.SEEK_SET)


def run(directory: Path, last: int) -> list[str]:
    """Apply `OLDEST` and `OLD`, then `NEW` with every step watched; return the steps if none was the last."""
    steps = Steps(last)

    def apply(ward: WardSettings, _: Diff) -> None:
        if ward.version == NEW["version"]:
            steps.take("apply")
            (directory / "applied").mkdir()

    keeper = ConfigKeeper(ConfigStore(directory / "state"), SEED, apply, set, accept_unsigned=True)
    asyncio.run(keeper.receive(push(OLDEST), NOW, STAMP))
    asyncio.run(keeper.receive(push(OLD), NOW, STAMP))
    for name in STEPS:
        steps.watch(os, name)
    steps.watch(Path, "unlink")
    assert asyncio.run(keeper.receive(push(NEW), NOW, STAMP)) is Outcome.APPLIED
    return steps.taken


def main(directory: Path) -> None:
    """Die once at every step, then print the steps of the one that lived."""
    for last in count():
        place = directory / str(last)
        place.mkdir()
        child = os.fork()
        if child == 0:
            (place / "steps").write_text("\n".join(run(place, last)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert status == 0, f"step {last} failed by itself"
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
