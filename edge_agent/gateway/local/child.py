"""A program as a child process, which ends with all that it has started."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from edge_agent.gateway.local.contract import LocalError

END_S = 2.0
"""A program that does not end when asked is killed after this long."""


@asynccontextmanager
async def running(
    command: Sequence[str], *, stdin: int = DEVNULL, stdout: int = DEVNULL, stderr: int = DEVNULL
) -> AsyncIterator[Process]:
    """Run `command` within the block. LocalError if it cannot be started."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True
        )
    except OSError as error:
        raise LocalError(f"{command[0]}: {error.strerror}") from error
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    """End a process that still runs, and all it has started."""
    _signal(process, signal.SIGTERM)
    end = asyncio.ensure_future(process.wait())
    await asyncio.wait([end], timeout=END_S)
    if not end.done():
        _signal(process, signal.SIGKILL)
    await end
    if process.stdout is not None:
        await process.stdout.read()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
