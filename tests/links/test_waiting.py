from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import SECOND
from edge_agent.gateway import bounded as module
from edge_agent.gateway import silence
from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.bounded import bounded
from edge_agent.gateway.link_facts import LinkFacts


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


def test_a_silent_link_is_given_up_more_and_more_seldom_until_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    now, speaks = 0, {0}
    facts = LinkFacts("1", "tty", lambda _item: None)

    async def sleep(seconds: float) -> None:
        nonlocal now
        until = now + round(seconds * SECOND)
        facts.heard = max(facts.heard, *(at for at in speaks if at <= until))
        now = until

    def opened() -> None:
        facts.heard = now

    monkeypatch.setattr(silence, "boottime", lambda: now)
    monkeypatch.setattr(silence, "asyncio", SimpleNamespace(sleep=sleep))
    watch = silence.Silence(facts)

    async def connection() -> tuple[int, str]:
        opened()
        began, why = now, await watch.over_long()
        return (now - began) // SECOND, why

    async def scenario() -> None:
        silent = [await connection() for _ in range(7)]
        assert [seconds for seconds, _ in silent] == [30, 60, 120, 240, 480, 600, 600]
        assert silent[2] == (120, "open but silent for 120 s")
        speaks.add(now + 7 * SECOND)
        assert await connection() == (37, "open but silent for 30 s")
        assert [(await connection())[0] for _ in range(2)] == [30, 60]

    asyncio.run(scenario())
