"""A sink that remembers what a link reported and lets a test wait for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TypeVar

from edge_agent.domain.inputs import Input, LinkClosed, LinkData

Kind = TypeVar("Kind", bound=Input)


class Recorder:
    """Every input in order, in `inputs`."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self._came = asyncio.Event()

    def __call__(self, item: Input) -> None:
        """Take an input."""
        self.inputs.append(item)
        self._came.set()

    def all(self, kind: type[Kind]) -> list[Kind]:
        """Return the inputs of one kind."""
        return [item for item in self.inputs if isinstance(item, kind)]

    @property
    def data(self) -> bytes:
        """Return the bytes of every LinkData, joined."""
        return b"".join(item.data for item in self.all(LinkData))

    @property
    def reason(self) -> str:
        """Return why the link was last closed."""
        return self.all(LinkClosed)[-1].reason

    async def until(self, happened: Callable[[], object], timeout_s: float = 15.0) -> None:
        """Wait until an input makes `happened` true; a test that waits in vain fails and says what came."""
        try:
            await asyncio.wait_for(self._until(happened), timeout_s)
        except asyncio.TimeoutError:
            raise AssertionError(f"waited in vain; the last that came: {self.inputs[-5:]}") from None

    async def until_count(self, kind: type[Input], count: int) -> None:
        """Wait for the `count`-th input of one kind."""
        await self.until(lambda: len(self.all(kind)) >= count)

    async def until_bytes(self, count: int) -> None:
        """Wait until `count` bytes have come in all."""
        await self.until(lambda: len(self.data) >= count)

    async def _until(self, happened: Callable[[], object]) -> None:
        while not happened():
            self._came.clear()
            await self._came.wait()


@contextlib.asynccontextmanager
async def running(work: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run `work` beside the test and cancel it at the end; its own exception fails the test."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
