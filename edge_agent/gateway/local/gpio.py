"""A GPIO line as output, and a button on one as input.

A thread of its own switches the line: the loop's other work does not disturb the rhythm, nor a chip behind a slow bus
the loop. The line is held all the time: it is inactive from the first moment, and nobody else can take it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

from edge_agent.domain.alerts import Priority
from edge_agent.domain.local_output import GpioButton, GpioLine
from edge_agent.gateway.local.bursts import BURSTS, Burst
from edge_agent.gateway.local.lines import ButtonLine, OutputLine, refused


class GpioOutput:
    """Switches a line in the rhythm of the priority."""

    def __init__(self, wanted: GpioLine) -> None:
        """Take which one; it is requested when it is first needed."""
        self._wanted = wanted
        self._line: OutputLine | None = None
        self._worker = ThreadPoolExecutor(1, "gpio")

    async def try_out(self) -> None:
        """Hold the line."""
        await self._work(self._held)

    async def play(self, priority: Priority) -> None:
        """Repeat the priority's burst until cancelled."""
        stop = Event()
        try:
            await self._work(partial(self._repeat, BURSTS[priority], stop))
        finally:
            stop.set()

    async def _work(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _held(self) -> OutputLine:
        try:
            self._line = self._line or OutputLine(self._wanted)
        except OSError as error:
            raise refused(self._wanted, error) from error
        return self._line

    def _repeat(self, burst: Burst, stop: Event) -> None:
        line = self._held()
        try:
            repeat(burst, line, stop.wait)
        except OSError as error:
            line.release()
            self._line = None
            raise refused(self._wanted, error) from error


def repeat(burst: Burst, line: OutputLine, stopped: Callable[[float], bool]) -> None:
    """Switch `line` burst after burst. `stopped` waits so many seconds; True ends it, with the line inactive."""
    nexts = (*burst.begins[1:], burst.period)
    pauses = [after - begin - burst.pulse for begin, after in zip(burst.begins, nexts, strict=True)]
    try:
        while True:
            for pause in pauses:
                line.set(active=True)
                if stopped(burst.pulse):
                    return
                line.set(active=False)
                if stopped(pause):
                    return
    finally:
        line.set(active=False)


class GpioPress:
    """A button on a line."""

    def __init__(self, wanted: GpioButton) -> None:
        """Take which one."""
        self._wanted = wanted

    async def listen(self, pressed: Callable[[], None]) -> None:
        """Wait for presses until cancelled."""
        loop = asyncio.get_running_loop()
        failed: asyncio.Future[None] = loop.create_future()
        try:
            line = ButtonLine(self._wanted)
        except OSError as error:
            raise refused(self._wanted, error) from error

        def take() -> None:
            try:
                for _ in range(line.presses()):
                    pressed()
            except OSError as error:
                loop.remove_reader(line)
                failed.set_exception(refused(self._wanted, error))

        loop.add_reader(line, take)
        try:
            await failed
        finally:
            loop.remove_reader(line)
            line.release()
