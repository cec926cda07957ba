"""Broker, line and subscriber: a message that was accepted is heard, and nobody speaks to an empty room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from edge_agent.cli.stage.broker import LOOPBACK, EmbeddedBroker
from edge_agent.cli.stage.line import Line
from edge_agent.cli.stage.subscriber import Subscriber

ROOT = "bedside/v1/DEMO/ward-1/gateway-1/"


class Ear:
    """Collects what a subscriber hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.losses = 0
        self._news = asyncio.Event()

    def take(self, topic: str, payload: bytes) -> None:
        """Hear one message."""
        self.heard.append((topic, payload))
        self._news.set()

    def lost(self) -> None:
        """Be cut off."""
        self.losses += 1
        self._news.set()

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait for something; the test's own timeout is the deadline."""
        while not seen():
            self._news.clear()
            await self._news.wait()


def play(scene: Callable[[AsyncExitStack], Awaitable[None]]) -> None:
    """Run one scene and clear up after it."""

    async def perform() -> None:
        before = asyncio.all_tasks()
        async with AsyncExitStack() as stack:
            await scene(stack)
        left = asyncio.all_tasks() - before
        assert not left, left

    asyncio.run(asyncio.wait_for(perform(), 30))


async def house(stack: AsyncExitStack) -> tuple[EmbeddedBroker, Line, Ear, Subscriber]:
    """Return a broker, a whole line to it, and a subscriber that is connected directly."""
    broker = EmbeddedBroker()
    far = await broker.start()
    stack.push_async_callback(broker.stop)
    line = Line(far)
    await line.mend()
    stack.push_async_callback(line.cut)
    ear = Ear()
    subscriber = Subscriber(ROOT, ear.take, ear.lost)
    await subscriber.connect(*far)
    stack.push_async_callback(subscriber.close)
    return broker, line, ear, subscriber


async def speaker(stack: AsyncExitStack, port: int) -> Subscriber:
    """Return a client at the other end of the line."""
    ear = Ear()
    client = Subscriber("elsewhere/", ear.take, ear.lost)
    await client.connect(LOOPBACK, port)
    stack.push_async_callback(client.close)
    return client


def test_what_goes_in_at_one_end_of_the_line_is_heard() -> None:
    async def scene(stack: AsyncExitStack) -> None:
        _, line, ear, _ = await house(stack)
        client = await speaker(stack, line.port)
        for number in range(50):
            await client.publish(f"{ROOT}bed/3/vitals", str(number).encode())
        await ear.until(lambda: len(ear.heard) == 50)
        assert [payload for _, payload in ear.heard] == [str(number).encode() for number in range(50)]

    play(scene)


def test_a_cut_line_drops_its_calls_and_is_mended_on_the_same_port() -> None:
    async def scene(stack: AsyncExitStack) -> None:
        _, line, ear, _ = await house(stack)
        port = line.port
        dropped = Ear()
        client = Subscriber("elsewhere/", dropped.take, dropped.lost)
        await client.connect(LOOPBACK, port)
        await line.cut()
        await dropped.until(lambda: dropped.losses == 1)
        await client.close()
        with pytest.raises(ConnectionError):
            await client.connect(LOOPBACK, port)
        assert ear.losses == 0, "who is not at the end of this line notices nothing"
        await line.mend()
        assert line.port == port
        again = await speaker(stack, port)
        await again.publish(f"{ROOT}state", b"{}", retain=True)
        await ear.until(lambda: bool(ear.heard))

    play(scene)


def test_a_line_on_hold_passes_nothing_and_ends_no_call() -> None:
    async def scene(stack: AsyncExitStack) -> None:
        _, line, ear, _ = await house(stack)
        client = await speaker(stack, line.port)
        await client.publish(f"{ROOT}state", b"before")
        line.hold()
        waiting = asyncio.ensure_future(client.publish(f"{ROOT}state", b"during"))
        other = await speaker(stack, line.far[1])
        await other.publish(f"{ROOT}state", b"by another way")
        await ear.until(lambda: len(ear.heard) == 2)
        assert [payload for _, payload in ear.heard] == [b"before", b"by another way"]
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    play(scene)


def test_a_stopped_broker_is_noticed_forgets_everything_and_comes_back() -> None:
    async def scene(stack: AsyncExitStack) -> None:
        broker, line, ear, subscriber = await house(stack)
        await subscriber.publish(f"{ROOT}state", b"kept?", retain=True)
        await ear.until(lambda: bool(ear.heard))
        await line.cut()
        await broker.stop()
        await ear.until(lambda: ear.losses == 1)
        await subscriber.close()
        line.far = await broker.start()
        await subscriber.connect(*line.far)
        await line.mend()
        client = await speaker(stack, line.port)
        ear.heard.clear()
        await client.publish(f"{ROOT}alert", b"heard at once")
        await ear.until(lambda: bool(ear.heard))
        assert ear.heard[0] == (f"{ROOT}alert", b"heard at once")

    play(scene)


def test_a_broker_that_is_not_there_is_said_so() -> None:
    async def scene(_: AsyncExitStack) -> None:
        ear, broker = Ear(), EmbeddedBroker()
        gone = await broker.start()
        await broker.stop()
        with pytest.raises(ConnectionError, match=f"no broker at 127.0.0.1:{gone[1]}"):
            await Subscriber(ROOT, ear.take, ear.lost).connect(*gone)

    play(scene)
