"""Follows what the ward wants to sound, on whatever output there is, and says when that cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import LocalSignal
from edge_agent.gateway.local.contract import LocalError, Output

AGAIN_S = 1.0
"""Between two runs of an output; one that lasts longer works."""

RETRY_S = 60.0
"""Between two tries of an output that fails while nothing has to sound."""

LOOK_S = 3600.0
"""Between two tries of one that worked: that it fails must be known before it is needed."""

log = structlog.get_logger(__name__)


class LocalOutput:
    """Plays on `output`, None where there is none. `trouble` gets why it cannot, "" when it can again."""

    def __init__(self, output: Output | None, trouble: Callable[[str], None]) -> None:
        """Take the output; nothing is played before `run`."""
        self._output, self._trouble = output, trouble
        self._wanted: Priority | None = None
        self._changed = asyncio.Event()
        self._said: str | None = None

    def sound(self, wanted: LocalSignal) -> None:
        """Sound as the worst cause does, or be silent."""
        priority = wanted.sounding[0].priority if wanted.sounding else None
        if wanted.soft and priority is Priority.MEDIUM:
            priority = Priority.LOW
        if priority is not self._wanted:
            self._wanted = priority
            self._changed.set()

    async def run(self) -> None:
        """Follow what is wanted until cancelled."""
        while self._output is not None:
            self._changed.clear()
            wanted = self._wanted
            if wanted is not None:
                await self._follow(self._output.play(wanted), lasts=True)
                await self._wait(AGAIN_S)
            else:
                await self._follow(self._output.try_out(), lasts=False)
                await self._wait(RETRY_S if self._said else LOOK_S)

    async def _follow(self, work: Awaitable[None], *, lasts: bool) -> None:
        """Let `work` go on until it ends or something else is wanted; what `lasts` and goes on for a while works."""
        task, change = asyncio.ensure_future(work), asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({task, change}, timeout=AGAIN_S, return_when=asyncio.FIRST_COMPLETED)
            if lasts and not task.done() and not change.done():
                self._say("")
            await asyncio.wait({task, change}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                self._say(_trouble(task.exception()))
        finally:
            change.cancel()
            task.cancel()
            await asyncio.wait([task])

    def _say(self, trouble: str) -> None:
        if trouble != self._said:
            self._said = trouble
            self._trouble(trouble)

    async def _wait(self, seconds: float) -> None:
        change = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait([change], timeout=seconds)
        finally:
            change.cancel()


def _trouble(error: BaseException | None) -> str:
    """Say why an output ended: no error is none, and one that nobody foresaw is no reason to stop alerting."""
    if error is None or isinstance(error, LocalError):
        return str(error or "")
    log.error("the local output failed", error=repr(error))
    return repr(error)
