"""The link that is called: real sockets on the loopback, whose many addresses stand for many devices."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from edge_agent.domain.inputs import Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import tcp_link
from edge_agent.gateway.link_facts import Sink
from edge_agent.gateway.links import build_link
from edge_agent.gateway.tcp_link import HUNG_UP, PENDING, WAITING, TcpLink
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.families.hl7_mllp_oru import FAMILY
from tests.broker import free_port
from tests.links.recorder import Recorder, running

MONITOR, OTHER, STRANGER = "127.0.0.1", "127.0.0.2", "127.0.0.3"


def described(port: int, *peers: str) -> Device:
    return Device(id="monitor", bed="1", family=FAMILY.name, listen=f"127.0.0.1:{port}", peers=peers or (MONITOR,))


async def call(port: int, address: str = MONITOR) -> tuple[StreamReader, StreamWriter]:
    """Call the gateway from one of the loopback's addresses, as soon as it listens."""
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        await asyncio.sleep(0.01)


def with_link(scenario: Callable[[TcpLink, int, Recorder], Coroutine[None, None, None]], *peers: str) -> Recorder:
    """Run `scenario` beside a link; return what the link reported."""
    seen = Recorder()

    async def run() -> None:
        port = free_port()
        link = TcpLink(described(port, *peers), seen)
        async with running(link.run()):
            await asyncio.wait_for(scenario(link, port, seen), 30)

    asyncio.run(run())
    return seen


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def gone(reader: StreamReader) -> bool:
    """Wait until the gateway has hung up."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


def test_what_a_caller_says_arrives_and_what_he_is_told_reaches_him() -> None:
    async def scenario(link: TcpLink, port: int, seen: Recorder) -> None:
        assert not link.send(SERIAL, b"nobody there")
        reader, writer = await call(port)
        writer.write(b"one ")
        await seen.until_bytes(4)
        writer.write(b"x" * 100_000)
        await seen.until_bytes(100_004)
        assert link.send(SERIAL, b"heard")
        assert await reader.readexactly(5) == b"heard"
        writer.close()

    seen = with_link(scenario)
    assert seen.data == b"one " + b"x" * 100_000
    assert {item.channel for item in seen.all(LinkData)} == {SERIAL}
    assert max(len(item.data) for item in seen.all(LinkData)) <= tcp_link.BLOCK
    assert [type(item) for item in seen.inputs if not isinstance(item, LinkData)] == [
        LinkConnecting,
        LinkClosed,
        LinkOpened,
        LinkClosed,
    ]
    assert seen.all(LinkClosed)[0].reason.endswith(WAITING)


def test_a_stranger_is_hung_up_on_and_said() -> None:
    async def scenario(_link: TcpLink, port: int, seen: Recorder) -> None:
        reader, writer = await call(port, STRANGER)
        writer.write(b"97")
        assert await gone(reader)
        writer.close()
        reader, writer = await call(port)
        writer.write(b"ok")
        await seen.until_bytes(2)
        stranger, line = await call(port, STRANGER)
        assert await gone(stranger)
        line.close()
        writer.write(b"still")
        await seen.until_bytes(7)
        writer.close()

    seen = with_link(scenario)
    assert seen.data == b"okstill"
    assert any(STRANGER in item.reason for item in seen.all(LinkClosed))
    assert len(seen.all(LinkOpened)) == 1


def test_one_caller_at_a_time_and_the_same_one_again_replaces_himself() -> None:
    async def scenario(link: TcpLink, port: int, seen: Recorder) -> None:
        first, old = await call(port)
        await seen.until_count(LinkOpened, 1)
        second, other = await call(port, OTHER)
        assert await gone(second)
        third, new = await call(port)
        assert await gone(first)
        await seen.until_count(LinkOpened, 2)
        new.write(b"new")
        await seen.until_bytes(3)
        assert link.send(SERIAL, b"answer")
        assert await third.readexactly(6) == b"answer"
        for line in (old, other, new):
            line.close()

    seen = with_link(scenario, MONITOR, OTHER)
    assert seen.data == b"new"


def test_who_hangs_up_between_messages_is_not_lost_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def messages(_link: TcpLink, port: int, seen: Recorder) -> None:
        for number in range(1, 6):
            _, writer = await call(port)
            writer.write(b"message")
            await seen.until_bytes(7 * number)
            writer.close()
            await writer.wait_closed()

    seen = with_link(messages)
    assert [item.reason.partition(": ")[2] for item in seen.all(LinkClosed)] == [WAITING, "closed on request"]
    assert len(seen.all(LinkOpened)) == 5

    async def silence(link: TcpLink, port: int, seen: Recorder) -> None:
        await messages(link, port, seen)
        await seen.until(lambda: seen.reason.endswith(HUNG_UP))

    monkeypatch.setattr(tcp_link, "BETWEEN_CALLS_S", 0.05)
    with_link(silence)


def test_a_caller_that_is_silent_for_long_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(link: TcpLink, port: int, seen: Recorder) -> None:
        reader, writer = await call(port)
        assert await gone(reader)
        await seen.until(lambda: "silent" in seen.reason)
        writer.close()
        assert not link.send(SERIAL, b"?")

    monkeypatch.setattr(tcp_link, "SILENT_S", 0.05)
    with_link(scenario)


def test_a_caller_that_takes_no_answers_gets_no_more_than_may_wait() -> None:
    async def scenario(link: TcpLink, port: int, seen: Recorder) -> None:
        _, writer = await call(port)
        await seen.until_count(LinkOpened, 1)
        sent = 0
        while link.send(SERIAL, b"x" * 4096):
            sent += 1
            assert sent < 10_000, "unbounded"
        assert link._present is not None
        assert link._present.transport.get_write_buffer_size() <= PENDING
        writer.transport.abort()

    with_link(scenario)


def test_the_wrong_device_is_hung_up_on_and_nobody_let_in_for_a_while() -> None:
    async def scenario(link: TcpLink, port: int, seen: Recorder) -> None:
        reader, writer = await call(port)
        await seen.until_count(LinkOpened, 1)
        link.hang_up("wrong device")
        assert await gone(reader)
        await seen.until(lambda: seen.reason.endswith("wrong device"))
        again, line = await call(port)
        assert await gone(again)
        writer.close()
        line.close()

    assert len(with_link(scenario).all(LinkOpened)) == 1


@pytest.mark.usefixtures("quick")
def test_a_port_that_is_taken_is_said_and_tried_again() -> None:
    async def scenario() -> None:
        seen, port = Recorder(), free_port()
        with socket.create_server(("127.0.0.1", port)):
            running_link = asyncio.ensure_future(TcpLink(described(port), seen).run())
            await seen.until_count(LinkClosed, 1)
            assert "another program" in seen.reason
        await seen.until(lambda: seen.reason.endswith(WAITING))
        _, writer = await call(port)
        await seen.until_count(LinkOpened, 1)
        writer.close()
        running_link.cancel()
        await asyncio.wait({running_link})

    asyncio.run(scenario())


def test_a_hundred_calls_leave_nothing_behind_and_complete_no_message_cut_in_half() -> None:
    frame = FAMILY.encoder().encode(Sample({"spo2": 97}))[0][1]
    bridge, answers = FAMILY.bridge(), []

    async def scenario(_link: TcpLink, port: int, seen: Recorder) -> None:
        before = open_files()
        for number in range(1, 101):
            _, writer = await call(port)
            writer.write(frame[: len(frame) // 2] if number % 2 else frame[len(frame) // 2 :])
            await seen.until_count(LinkData, number)
            writer.close()
            await writer.wait_closed()
        await seen.until_count(LinkOpened, 100)
        await asyncio.sleep(0)
        assert open_files() <= before + 2

    for item in with_link(scenario).inputs:
        if isinstance(item, LinkOpened):
            answers += bridge.opened(item.received_at)
        elif isinstance(item, LinkData):
            answers += bridge.receive(item.channel, item.data, item.received_at)
    assert {type(each).__name__ for each in answers} == {"Malformed"}


def test_the_family_gets_this_link_and_its_patients_never_reach_the_sink() -> None:
    frame = FAMILY.encoder().encode(Sample({"spo2": 97}))[0][1]
    taken: list[bytes] = []

    async def scenario() -> None:
        seen, port = Recorder(), free_port()

        def sink(item: Input) -> None:
            seen(item)
            if isinstance(item, LinkData):
                taken.append(item.data)

        def none(_name: str) -> None:
            raise AssertionError("no adapter")

        link = build_link(described(port), FAMILY, _typed(sink), none)  # type: ignore[arg-type] # it is never asked
        assert isinstance(link, TcpLink)
        async with running(link.run()):
            _, writer = await call(port)
            writer.write(frame)
            await seen.until_bytes(len(frame))
            writer.close()

    asyncio.run(scenario())
    assert b"SIMULATED" in frame
    assert b"SIMULATED" not in b"".join(taken)


def _typed(sink: Sink) -> Sink:
    return sink


def test_what_the_sink_raises_ends_the_run() -> None:
    def broken(item: Input) -> None:
        last = type(item)
        if last is LinkData:
            raise ArithmeticError("a defect")

    async def scenario() -> None:
        port = free_port()
        task = asyncio.ensure_future(TcpLink(described(port), broken).run())
        reader, writer = await call(port)
        writer.write(b"x")
        assert await gone(reader)
        await asyncio.wait({task})
        writer.close()
        with pytest.raises(ArithmeticError, match="a defect"):
            task.result()

    asyncio.run(scenario())
