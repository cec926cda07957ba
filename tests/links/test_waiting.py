from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gateway import bounded as module
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.bounded import bounded


@given(first=st.floats(0.01, 10), factor=st.floats(1, 100), count=st.integers(1, 20))
def test_delays_double_up_to_the_longest_and_start_again(first: float, factor: float, count: int) -> None:
    backoff = Backoff(first, first * factor)
    delays = [backoff.next() for _ in range(count)]
    assert delays == [min(first * 2**number, first * factor) for number in range(count)]
    backoff.reset()
    assert backoff.next() == first


async def stubborn(release: asyncio.Event) -> str:
    """Do not heed a cancellation, as a stack that hangs."""
    while True:
        try:
            await release.wait()
        except asyncio.CancelledError:
            continue
        raise OSError("too late to interest anybody")


def test_what_is_done_in_time_is_returned_or_raised() -> None:
    async def answer() -> int:
        return 42

    async def fail() -> int:
        raise KeyError("missing")

    assert asyncio.run(bounded(answer(), 5)) == 42
    with pytest.raises(KeyError):
        asyncio.run(bounded(fail(), 5))


def test_work_that_heeds_no_cancellation_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.01)

    async def scenario() -> None:
        release = asyncio.Event()
        with pytest.raises(asyncio.TimeoutError):
            await bounded(stubborn(release), 0.01)
        task = asyncio.create_task(bounded(stubborn(release), 30))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()

    asyncio.run(scenario())


def test_work_nobody_wants_any_more_is_cancelled_at_once() -> None:
    async def scenario() -> None:
        unwanted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        unwanted.cancel()
        work = asyncio.Event()
        with pytest.raises(asyncio.TimeoutError):
            await bounded(work.wait(), 30, unwanted)

    asyncio.run(scenario())
