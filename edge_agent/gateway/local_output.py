"""The gateway's own output and input are commands, so that a buzzer, a GPIO line or a sound device is one setting.

While an alert reaches nobody else the output command runs, and runs again when it ends; when the output falls silent
it is terminated. `gpioset --mode=signal gpiochip0 17=1` holds a line for just as long; `aplay /etc/edge-agent/high.wav`
repeats. Each line that the input command prints quiets the output: `gpiomon --falling-edge gpiochip0 27` prints one for
each press of a button.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from edge_agent.bedside.local import LONGEST_QUIET
from edge_agent.domain.effects import LocalSignal
from edge_agent.domain.inputs import QuietAsked
from edge_agent.gateway.clock import boottime

AGAIN_S = 1.0
"""Between two runs of the output command; one that lasts longer works."""

INPUT_AGAIN_S = 5.0
"""Before an input command that has ended is started again."""

END_S = 2.0
"""A command that does not end when asked is killed after this long."""

log = structlog.get_logger(__name__)


class LocalOutput:
    """Runs `command` while something sounds. `trouble` gets why it cannot, "" when it can again."""

    def __init__(self, command: Sequence[str], trouble: Callable[[str], None]) -> None:
        """Take the program and its arguments; empty: there is no output here."""
        self._command, self._trouble = tuple(command), trouble
        self._wanted = ""
        self._changed = asyncio.Event()

    def sound(self, wanted: LocalSignal) -> None:
        """Sound as loudly as the worst cause, or be silent."""
        self._wanted = wanted.sounding[0].priority.value if wanted.sounding else ""
        self._changed.set()

    async def run(self) -> None:
        """Follow what is wanted until cancelled."""
        while self._command:
            self._changed.clear()
            if self._wanted:
                await self._play(self._wanted)
            else:
                await self._changed.wait()

    async def _play(self, priority: str) -> None:
        """Run the command once, until it ends or something else is wanted."""
        try:
            process = await _started([part.replace("{priority}", priority) for part in self._command])
        except OSError as error:
            self._trouble(f"{self._command[0]}: {error.strerror}")
            await self._wait(AGAIN_S)
            return
        try:
            code = await self._ended(process, AGAIN_S)
            self._trouble(f"{self._command[0]}: exit status {code}" if code else "")
            while self._wanted == priority and process.returncode is None:
                await self._ended(process, None)
            if process.returncode is not None:
                await self._wait(AGAIN_S)
        finally:
            await _end(process)

    async def _ended(self, process: Process, timeout_s: float | None) -> int | None:
        """Wait until the process ends, or something else is wanted; return its exit status, None while it runs."""
        waits = [asyncio.ensure_future(process.wait()), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        self._changed.clear()
        return process.returncode

    async def _wait(self, seconds: float) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)


async def listen(command: Sequence[str], take: Callable[[QuietAsked], None]) -> None:
    """Ask for quiet at every line that `command` prints, until cancelled; an empty command is no input."""
    while command:
        try:
            process = await _started(command, PIPE)
        except OSError as error:
            log.warning("local input does not start", command=command[0], why=error.strerror)
        else:
            await _lines(process, take)
            log.warning("local input has ended", command=command[0], status=process.returncode)
        await asyncio.sleep(INPUT_AGAIN_S)


async def _lines(process: Process, take: Callable[[QuietAsked], None]) -> None:
    try:
        while process.stdout is not None and await process.stdout.readline():
            now = boottime()
            take(QuietAsked(now, now + LONGEST_QUIET))
        await process.wait()
    finally:
        await _end(process)
        if process.stdout is not None:
            await process.stdout.read()


async def _started(command: Sequence[str], stdout: int = DEVNULL) -> Process:
    """Start a command with a process group of its own, so that what it starts ends with it."""
    return await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=stdout, stderr=DEVNULL, start_new_session=True
    )


async def _end(process: Process) -> None:
    """End a process that still runs, and all it has started."""
    _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except asyncio.TimeoutError:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
