"""Waiting with an end, also for work that does not heed its cancellation: a Bluetooth stack can hang in both."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

GRACE_S = 5.0
"""How long cancelled work may take to tidy up before it is left to itself."""


async def bounded(
    work: Coroutine[Any, Any, Result], seconds: float, unwanted: asyncio.Future[Any] | None = None
) -> Result:
    """Return what `work` returns. asyncio.TimeoutError after `seconds`, or as soon as `unwanted` is done."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, unwanted or task}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_noted)
            await asyncio.wait({task}, timeout=GRACE_S)
    if not task.done() or task.cancelled():
        raise asyncio.TimeoutError
    return task.result()


def _noted(task: asyncio.Future[Any]) -> None:
    """Take note of what cancelled work raised, so that asyncio does not complain that nobody did."""
    if not task.cancelled():
        task.exception()
