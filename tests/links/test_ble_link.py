"""The BLE link over a real GATT stack in process; bleak's BlueZ backend is in test_bluez.py."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from edge_agent.domain.inputs import Input, LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import ble_adapter, ble_link, silence
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.ble_link import BleLink
from edge_agent.gateway.link_facts import Sink
from firmware_bridges.bridge import BleSettings
from firmware_bridges.gatt import uuid
from tests.links.bumble_devices import ANSWERED, BATTERY, MAKER, MODEL, RATE, REFUSING, UNANSWERED, Sensor
from tests.links.bumble_stack import backend_on, open_air
from tests.links.recorder import Recorder, running

SETTINGS = BleSettings(
    service=uuid(0x180D), subscribe=(RATE, uuid(0x2A5F), BATTERY), read=(BATTERY, MAKER, MODEL, uuid(0x2A26))
)
ABSENT = "F0:F1:F2:F3:F4:FF"


pytestmark = pytest.mark.usefixtures("quick")


@dataclass
class Room:
    """Sensors and one adapter in reach of each other. `told` is what the adapter said of itself."""

    sensors: list[Sensor]
    adapter: Adapter
    told: list[tuple[str, bool, str]] = field(default_factory=list)

    def link(self, address: str, sink: Sink, settings: BleSettings = SETTINGS, *, continuous: bool = True) -> BleLink:
        device = Device(id=address[-2:], bed="1", family="any", address=address.lower())
        return BleLink(device, settings, sink, self.adapter, continuous=continuous)


@contextlib.asynccontextmanager
async def room(count: int = 1, *, on: bool = True) -> AsyncIterator[Room]:
    air, told = open_air(), list[tuple[str, bool, str]]()
    adapter = Adapter("", lambda *said: told.append(said), await backend_on(air))
    sensors = [Sensor(air, f"F0:F1:F2:F3:F4:{number:02}") for number in range(count)]
    async with contextlib.AsyncExitStack() as stack:
        for sensor in sensors:
            if on:
                await sensor.switch_on()
            await stack.enter_async_context(running(sensor.beat()))
        await stack.enter_async_context(running(adapter.run()))
        yield Room(sensors, adapter, told)


def rates(seen: Recorder) -> list[int]:
    return [item.data[1] for item in seen.all(LinkData) if item.channel == RATE]


async def beats(seen: Recorder, more: int = 1) -> None:
    """Wait for `more` notifications than there are."""
    enough = len(rates(seen)) + more
    await seen.until(lambda: len(rates(seen)) >= enough)


def test_what_the_device_has_is_read_once_and_what_it_says_arrives_on_its_channel() -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with room() as here:
            async with running(here.link(here.sensors[0].address, seen).run()):
                await beats(seen, 4)
                here.sensors[0].rate = 131
                await seen.until(lambda: rates(seen)[-1] == 131)
            assert here.told == [("", True, "")]
        assert [type(item) for item in seen.inputs[:3]] == [LinkConnecting, LinkOpened, LinkData]
        read = [(item.channel, item.data) for item in seen.all(LinkData) if item.channel != RATE]
        assert read == [(BATTERY, b"\x55"), (MAKER, b"Bedside")]
        assert set(rates(seen)) == {72, 131}
        stamps = [item.received_at for item in seen.all(LinkData)]
        assert stamps == sorted(stamps)
        assert seen.reason == "f0:f1:f2:f3:f4:00: closed on request"

    asyncio.run(scenario())


def test_a_device_that_leaves_is_connected_again_as_soon_as_it_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_link, "FIRST_DELAY_S", 60.0)

    async def scenario() -> None:
        seen = Recorder()
        async with room() as here, running(here.link(here.sensors[0].address, seen).run()):
            for visit in range(1, 4):
                await beats(seen)
                await here.sensors[0].leave()
                await seen.until_count(LinkClosed, visit)
                assert seen.reason == "f0:f1:f2:f3:f4:00: disconnected"
                await seen.until_count(LinkOpened, visit + 1)

    asyncio.run(scenario())


def test_what_is_sent_is_written_in_order_and_a_refusal_does_not_end_the_connection() -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with room() as here:
            sensor = here.sensors[0]
            link = here.link(sensor.address, seen)
            assert not link.send(ANSWERED, b"too early")
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
                for channel, data in ((ANSWERED, b"1"), (REFUSING, b"2"), (uuid(0x2AAA), b"3"), (UNANSWERED, b"4")):
                    assert link.send(channel, data)
                assert await sensor.written.get() == (ANSWERED, b"1")
                assert await sensor.written.get() == (UNANSWERED, b"4")
                await beats(seen)
                while link.send(ANSWERED, b"x"):
                    pass
        assert len(seen.all(LinkOpened)) == 1

    asyncio.run(scenario())


def test_a_device_that_never_finishes_connecting_starves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_adapter, "ATTEMPT_S", 0.2)

    async def scenario() -> None:
        stuck, *others = seen = [Recorder() for _ in range(3)]
        async with room(3) as here, contextlib.AsyncExitStack() as stack:
            here.sensors[0].play_dead()
            for sensor, sink in zip(here.sensors, seen, strict=True):
                await stack.enter_async_context(running(here.link(sensor.address, sink).run()))
            for other in others:
                await beats(other)
            await stuck.until_count(LinkClosed, 2)
            for sensor, other in zip(here.sensors[1:], others, strict=True):
                await sensor.leave()
                await other.until_count(LinkOpened, 2)
        assert stuck.all(LinkClosed)[0].reason == "f0:f1:f2:f3:f4:00: not connected: no answer in time"
        assert not stuck.all(LinkOpened)

    asyncio.run(scenario())


def test_a_device_that_is_not_there_is_reported_once_and_connected_when_it_comes() -> None:
    async def scenario() -> None:
        late, absent = Recorder(), Recorder()
        async with (
            room(on=False) as here,
            running(here.link(here.sensors[0].address, late).run()),
            running(here.link(ABSENT, absent).run()),
        ):
            await late.until_count(LinkClosed, 1)
            assert late.reason == "f0:f1:f2:f3:f4:00: not heard by the Bluetooth adapter"
            await here.sensors[0].switch_on()
            await beats(late)
        assert [type(item) for item in absent.inputs] == [LinkConnecting, LinkClosed, LinkClosed]

    asyncio.run(scenario())


def test_a_connection_that_says_nothing_is_given_up_for_a_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENCE_S", 0.2)

    async def scenario() -> None:
        seen, spot = Recorder(), Recorder()
        async with room(2) as here:
            here.sensors[0].silent = here.sensors[1].silent = True
            async with (
                running(here.link(here.sensors[0].address, seen).run()),
                running(here.link(here.sensors[1].address, spot, continuous=False).run()),
            ):
                await seen.until_count(LinkOpened, 3)
                assert seen.reason == "f0:f1:f2:f3:f4:00: open but silent for 0 s"
                assert here.sensors[0].connections == 3
                assert here.sensors[1].connections == 1

    asyncio.run(scenario())


def test_a_device_of_another_kind_is_named_as_such_and_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_link, "FIRST_DELAY_S", 60.0)
    oximeter = BleSettings(service=uuid(0x1822), subscribe=(uuid(0x2A5F),), read=(BATTERY,))

    async def scenario() -> None:
        wrong, other = Recorder(), Recorder()
        async with room(2) as here:
            async with running(here.link(here.sensors[0].address, wrong, oximeter).run()):
                await wrong.until_count(LinkClosed, 1)
                assert "has none of its family's characteristics" in wrong.reason
                async with running(here.link(here.sensors[1].address, other).run()):
                    for _ in range(3):  # each time the adapter hears both
                        await beats(other)
                        await here.sensors[1].leave()
                    await beats(other)
            assert here.sensors[0].connections == 1

    asyncio.run(scenario())


def test_cancelled_in_the_middle_of_an_attempt_a_link_frees_the_adapter_at_once() -> None:
    async def scenario() -> None:
        stuck, other = Recorder(), Recorder()
        async with room(2) as here:
            here.sensors[0].play_dead()
            async with running(here.link(here.sensors[0].address, stuck).run()) as attempt:
                await here.sensors[0].met.wait()
                attempt.cancel()
                async with running(here.link(here.sensors[1].address, other).run()):
                    await beats(other)

    asyncio.run(scenario())


def test_what_the_sink_raises_ends_the_run() -> None:
    async def scenario() -> None:
        def sink(item: Input) -> None:
            if isinstance(item, LinkData):
                raise OSError("the queue is full")

        async with room() as here:
            with pytest.raises(OSError, match="the queue is full"):
                await here.link(here.sensors[0].address, sink).run()

    asyncio.run(scenario())
