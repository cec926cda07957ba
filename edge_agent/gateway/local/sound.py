"""A sound device as output: the priority's sound, played by `aplay` of alsa-utils.

aplay is fed while it plays and ended when it has to be silent, so what sounds is never more than one burst behind.
"""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from edge_agent.domain.alerts import Priority
from edge_agent.domain.local_output import Sound
from edge_agent.gateway.local.bursts import BURSTS
from edge_agent.gateway.local.child import running
from edge_agent.gateway.local.contract import LocalError
from edge_agent.gateway.local.tone import RATE, samples, silence

TRY_S = 0.1
"""Silence that is played to see whether the device can be opened."""

AHEAD_S = 1.0
"""The next burst is handed over so long before the last one's silence ends."""

STUCK_S = 10.0
"""A device that has not taken a burst so long after its time is stuck."""


class SoundOutput:
    """Plays on one ALSA device."""

    def __init__(self, wanted: Sound) -> None:
        """Take which one."""
        form = ("--file-type=raw", "--format=S16_LE", "--channels=1", f"--rate={RATE}")
        self._command = ("aplay", "--quiet", f"--device={wanted.device}", *form, "-")
        self._name = f"sound device {wanted.device}"

    async def try_out(self) -> None:
        """Play a moment of silence."""
        async with self._aplay() as (process, said):
            await self._fed(process, silence(TRY_S), STUCK_S)
            if process.stdin is not None:
                process.stdin.close()
            await asyncio.wait([said], timeout=STUCK_S)
            if not said.done():
                raise self._stuck()
            if await process.wait():
                raise LocalError(f"{self._name}: {await said}")

    async def play(self, priority: Priority) -> None:
        """Play burst after burst until cancelled."""
        loop, period = asyncio.get_running_loop(), BURSTS[priority].period
        sound = await asyncio.to_thread(samples, priority)
        async with self._aplay() as (process, said):
            while not said.done():
                begun = loop.time()
                await self._fed(process, sound, period + STUCK_S)
                await asyncio.wait([said], timeout=max(0.0, begun + period - AHEAD_S - loop.time()))
            raise LocalError(f"{self._name}: {await said}")

    @asynccontextmanager
    async def _aplay(self) -> AsyncIterator[tuple[Process, asyncio.Future[str]]]:
        """Run aplay within the block; what it said last is known once it has ended."""
        async with AsyncExitStack() as ends:
            process = await ends.enter_async_context(running(self._command, stdin=PIPE, stderr=PIPE))
            said = asyncio.ensure_future(_last_line(process))
            try:
                yield process, said
            finally:
                if process.stdin is not None and not process.stdin.is_closing():
                    process.stdin.transport.abort()  # aplay heeds SIGTERM only once its reading returns
                await ends.aclose()
                await said

    async def _fed(self, process: Process, data: bytes, within_s: float) -> None:
        """Hand over sound; one that has ended meanwhile says why itself."""
        if process.stdin is None:
            return
        process.stdin.write(data)
        drained = asyncio.ensure_future(process.stdin.drain())
        try:  # not wait_for: before 3.12 it may lose a cancellation, and the alarm sounds on
            await asyncio.wait([drained], timeout=within_s)
            if not drained.done():
                raise self._stuck()
        finally:
            drained.cancel()
        if not isinstance(drained.exception(), ConnectionError):
            drained.result()

    def _stuck(self) -> LocalError:
        return LocalError(f"{self._name}: takes no sound")


async def _last_line(process: Process) -> str:
    """Return the last that aplay said, once it has ended."""
    said = "ended without a word"
    while process.stderr is not None and (line := await process.stderr.readline()):
        said = line.decode(errors="replace").strip() or said
    return said
