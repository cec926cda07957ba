from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serial import Serial

from edge_agent.domain.inputs import Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import serial_line, serial_link, serial_port, silence
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.link_facts import Sink
from edge_agent.gateway.serial_link import SerialLink
from firmware_bridges.bridge import SERIAL, SerialSettings
from tests.links.pty import PtyDevice
from tests.links.recorder import Recorder, running

NOBODY = 65534


def link_to(path: Path, sink: Sink, device: str = "oximeter", *, continuous: bool = False) -> SerialLink:
    described = Device(id=device, bed="1", family="any", port=str(path))
    return SerialLink(described, SerialSettings(115200), sink, continuous=continuous)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Permission bits mean nothing to root: be nobody meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def openers_ended() -> None:
    """Wait until the opening and closing threads that can end have ended."""
    for thread in threading.enumerate():
        if thread.name.startswith(("open ", "close ")):
            thread.join(5)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=8))
def test_every_byte_arrives_unchanged_in_order_with_its_stamp(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    async def scenario(path: Path) -> None:
        seen = Recorder()
        with PtyDevice(path) as device:
            async with running(link_to(path, seen).run()):
                await seen.until_count(LinkOpened, 1)
                before = boottime()
                for chunk in chunks:
                    device.write(chunk)
                    await asyncio.sleep(0)
                await seen.until_bytes(sum(map(len, chunks)))
        stamps = [before, *(item.received_at for item in seen.all(LinkData)), boottime()]
        assert seen.data == b"".join(chunks)
        assert stamps == sorted(stamps)
        assert {item.channel for item in seen.all(LinkData)} == {SERIAL}

    asyncio.run(scenario(tmp_path_factory.mktemp("line") / "tty"))


@pytest.mark.usefixtures("quick")
def test_the_facts_come_in_order_and_each_only_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"
        device = PtyDevice(path)
        async with running(link_to(path, seen).run()):
            await seen.until_count(LinkClosed, 1)
            with device:
                await seen.until_count(LinkOpened, 1)
                device.write(b"\x01")
                await seen.until_count(LinkData, 1)
            await seen.until_count(LinkClosed, 2)
            device.plug()
            await seen.until_count(LinkOpened, 2)
        device.unplug()
        assert [type(item) for item in seen.inputs] == [
            LinkConnecting,
            LinkClosed,
            LinkOpened,
            LinkData,
            LinkClosed,
            LinkOpened,
            LinkClosed,
        ]
        reasons = [item.reason for item in seen.all(LinkClosed)]
        assert reasons == [f"{path}: no such device", f"{path}: unplugged", f"{path}: closed on request"]

    asyncio.run(scenario())


def test_permission_denied_is_said_and_tried_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"
        with PtyDevice(path) as device:
            terminal = path.resolve()
            terminal.chmod(0)
            with unprivileged():
                task = asyncio.create_task(link_to(path, seen).run())
                await seen.until_count(LinkClosed, 1)
            assert seen.reason == f"{path}: permission denied (will retry; is the service in group dialout?)"
            terminal.chmod(0o600)
            await seen.until_count(LinkOpened, 1)
            device.write(b"\x02")
            await seen.until_count(LinkData, 1)
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(scenario())


def test_what_is_no_serial_line_is_named(tmp_path: Path) -> None:
    regular = tmp_path / "file"
    regular.touch()

    async def reason(path: Path) -> str:
        seen = Recorder()
        async with running(link_to(path, seen).run()):
            await seen.until_count(LinkClosed, 1)
            return seen.reason

    for path in (tmp_path, regular):
        assert asyncio.run(reason(path)) == f"{path}: not a serial line"


@pytest.mark.usefixtures("quick")
def test_a_line_that_another_has_open_is_busy_until_it_is_free(tmp_path: Path) -> None:
    async def scenario() -> None:
        first, second, path = Recorder(), Recorder(), tmp_path / "tty"
        with PtyDevice(path):
            async with running(link_to(path, second).run()) as waiting:
                await second.until_count(LinkOpened, 1)
                async with running(link_to(path, first).run()):
                    await first.until_count(LinkClosed, 1)
                    assert first.reason == f"{path}: busy (another program has it open)"
                    waiting.cancel()
                    await first.until_count(LinkOpened, 1)

    asyncio.run(scenario())


def test_what_is_sent_reaches_the_device_whole_even_if_it_reads_late(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"
        link = link_to(path, seen)
        assert not link.send(SERIAL, b"too early")
        with PtyDevice(path) as device:
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
                taken = bytearray()
                while link.send(SERIAL, chunk := os.urandom(1000)):
                    taken += chunk
                assert len(taken) > 2000
                assert await asyncio.to_thread(device.read, len(taken)) == taken
                assert link.send(SERIAL, b"again")
                assert await asyncio.to_thread(device.read, 5) == b"again"

    asyncio.run(scenario())


def test_a_device_that_floods_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = Recorder()
        with PtyDevice(tmp_path / "loud") as loud, PtyDevice(tmp_path / "calm") as calm:

            def answer(item: Input) -> None:
                if isinstance(item, LinkData) and not seen.data:
                    calm.write(b"\x07")
                seen(item)

            loud_link = link_to(loud.path, answer, "loud")
            async with running(loud_link.run()), running(link_to(calm.path, seen, "calm").run()):
                await seen.until_count(LinkOpened, 2)
                flood = asyncio.create_task(asyncio.to_thread(loud.write, bytes(1 << 20)))
                await seen.until_bytes((1 << 20) + 1)
                await flood
        order = [item.device for item in seen.all(LinkData)]
        assert order.index("calm") < len(order) // 4

    asyncio.run(scenario())


def test_cancelled_a_link_gives_everything_back(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"
        with PtyDevice(path):
            before = open_files()
            async with running(link_to(path, seen).run()):
                await seen.until_count(LinkOpened, 1)
                assert open_files() > before
            assert open_files() == before
            assert seen.reason == f"{path}: closed on request"

    asyncio.run(scenario())


def test_what_the_sink_raises_ends_the_run(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"

        def sink(item: Input) -> None:
            seen(item)
            if isinstance(item, LinkData):
                raise OSError("the queue is full")

        with PtyDevice(path) as device:
            task = asyncio.create_task(link_to(path, sink).run())
            await seen.until_count(LinkOpened, 1)
            device.write(b"\x00")
            with pytest.raises(OSError, match="the queue is full"):
                await task

    asyncio.run(scenario())


def test_a_cancelled_link_ends_even_if_the_sink_raises(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"

        def sink(item: Input) -> None:
            seen(item)
            if isinstance(item, LinkClosed):
                raise OSError("a defect")

        with PtyDevice(path):
            task = asyncio.create_task(link_to(path, sink).run())
            await seen.until_count(LinkOpened, 1)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()

    asyncio.run(scenario())


def test_a_line_without_bytes_does_not_read_like_one_that_hung_up(tmp_path: Path) -> None:
    with PtyDevice(tmp_path / "tty") as device:
        port = serial_port.open_port(str(device.path), 19200, SerialSettings(19200, parity="O"))
        with pytest.raises(BlockingIOError):
            os.read(port.fileno(), 1)
        serial_port.close_port(port)


@pytest.mark.usefixtures("quick")
def test_a_driver_that_hangs_holds_up_nothing_and_gets_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in: no real part here can make open(2) hang.
    release, calls = threading.Event(), []
    really_open = serial_port.open_port

    def hangs(*arguments: object) -> object:
        calls.append(arguments)
        release.wait(20)
        return really_open(*arguments)  # type: ignore[arg-type]  # the stand-in passes on what it was given

    monkeypatch.setattr(serial_port, "open_port", hangs)
    monkeypatch.setattr(serial_link, "OPEN_S", 0.02)

    async def scenario() -> None:
        seen, path = Recorder(), tmp_path / "tty"
        with PtyDevice(path):
            before = open_files()
            async with running(link_to(path, seen).run()):
                await seen.until_count(LinkClosed, 1)
                assert "its driver does not answer" in seen.reason
            abandoned = Recorder()
            async with running(link_to(path, abandoned).run()):
                await abandoned.until_count(LinkClosed, 1)
                await asyncio.sleep(0.1)  # many times the delay after which another attempt would follow
                assert len(calls) == 2
                release.set()
                await abandoned.until_count(LinkOpened, 1)
            await asyncio.to_thread(openers_ended)
            await asyncio.sleep(0)  # the abandoned attempt has come to its result: now it is closed
            await asyncio.to_thread(openers_ended)
            assert open_files() == before

    asyncio.run(scenario())


@pytest.mark.usefixtures("quick")
def test_a_driver_that_hangs_while_closing_holds_up_neither_the_others_nor_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A stand-in: no real part here can make close(2) hang.
    release, hanging = threading.Event(), threading.Event()
    really_close = serial_port.close_port

    def hangs(port: Serial) -> None:
        if str(port.port).endswith("stuck"):
            hanging.set()
            release.wait(20)
        really_close(port)

    monkeypatch.setattr(serial_port, "close_port", hangs)
    monkeypatch.setattr(serial_line, "CLOSE_S", 0.02)

    async def scenario() -> None:
        stuck, other = Recorder(), Recorder()
        with PtyDevice(tmp_path / "stuck") as first, PtyDevice(tmp_path / "other") as second:
            async with running(link_to(first.path, stuck).run()), running(link_to(second.path, other).run()):
                await stuck.until_count(LinkOpened, 1)
                first.unplug()
                await asyncio.to_thread(hanging.wait, 10)
                second.write(b"still heard")
                await other.until_bytes(11)
                first.plug()
                await stuck.until_count(LinkOpened, 2)
                first.write(b"back")
                await stuck.until_bytes(4)
                release.set()
        await asyncio.to_thread(openers_ended)

    asyncio.run(scenario())


@pytest.mark.usefixtures("quick")
def test_a_line_on_which_reading_would_block_keeps_nobody_waiting(tmp_path: Path) -> None:
    async def scenario() -> None:
        seen = Recorder()
        with PtyDevice(tmp_path / "mute") as mute, PtyDevice(tmp_path / "other") as other:
            link = link_to(mute.path, seen, "mute")
            async with running(link.run()), running(link_to(other.path, seen, "other").run()):
                await seen.until_count(LinkOpened, 2)
                assert link._line is not None
                os.set_blocking(link._line._fd, True)
                for number in range(20):
                    other.write(bytes((number,)))
                    await seen.until_bytes(number + 1)
                mute.write(b"!")
                await seen.until(lambda: seen.data.endswith(b"!"))

    asyncio.run(scenario())


@pytest.mark.usefixtures("quick")
def test_a_line_that_says_nothing_is_opened_afresh_if_its_device_ought_to_speak_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence, "SILENCE_S", 0.1)

    async def scenario() -> None:
        seen, spot = Recorder(), Recorder()
        with PtyDevice(tmp_path / "tty") as device, PtyDevice(tmp_path / "cuff") as cuff:
            async with (
                running(link_to(device.path, seen, continuous=True).run()),
                running(link_to(cuff.path, spot, "cuff").run()),
            ):
                await seen.until_count(LinkOpened, 3)
                assert seen.reason == f"{device.path}: open but silent for 0 s"
                assert len(spot.all(LinkOpened)) == 1

    asyncio.run(scenario())
