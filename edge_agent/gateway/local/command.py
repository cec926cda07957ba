"""A command as output or input: whatever else a ward has, behind a program of its own."""

from __future__ import annotations

import shutil
from asyncio.subprocess import PIPE
from collections.abc import Callable, Sequence

from edge_agent.domain.alerts import Priority
from edge_agent.gateway.local.child import running
from edge_agent.gateway.local.contract import LocalError


class CommandOutput:
    """Runs a command while something sounds; `{priority}` in its arguments becomes high, medium or low."""

    def __init__(self, command: Sequence[str]) -> None:
        """Take the program and its arguments."""
        self._command = tuple(command)

    async def try_out(self) -> None:
        """See that the program is there; what else it needs shows when it runs."""
        if shutil.which(self._command[0]) is None:
            raise LocalError(f"{self._command[0]}: no such program, or not to be run")

    async def play(self, priority: Priority) -> None:
        """Run it once."""
        async with running([part.replace("{priority}", priority.value) for part in self._command]) as process:
            if await process.wait():
                raise LocalError(f"{self._command[0]}: exit status {process.returncode}")


class CommandPress:
    """A command, each line of which is a press."""

    def __init__(self, command: Sequence[str]) -> None:
        """Take the program and its arguments."""
        self._command = tuple(command)

    async def listen(self, pressed: Callable[[], None]) -> None:
        """Count lines until it ends, and that is an error."""
        async with running(self._command, stdout=PIPE) as process:
            while process.stdout is not None and await process.stdout.readline():
                pressed()
            raise LocalError(f"{self._command[0]}: has ended with status {await process.wait()}")
