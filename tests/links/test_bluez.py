"""The BLE link over bleak's own BlueZ backend, with a small org.bluez on a private D-Bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge_agent.domain.inputs import LinkClosed, LinkConnecting, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import ble_adapter, silence
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.ble_link import BleLink
from firmware_bridges.bridge import BleSettings
from tests.links.bluez import bleak_closed, bluez_on
from tests.links.bluez_objects import COMMAND, CONTROL, RATE, RATE_SERVICE, FakeDevice
from tests.links.recorder import Recorder, running

SETTINGS = BleSettings(service=RATE_SERVICE, subscribe=(CONTROL, RATE))


pytestmark = pytest.mark.usefixtures("quick")


Told = asyncio.Queue[tuple[str, bool, str]]


@dataclass
class Ward:
    """An adapter on a BlueZ that is there or not, and what the adapter told of itself."""

    adapter: Adapter
    told: Told

    def link(self, device: str, seen: Recorder) -> BleLink:
        settings = Device(id=device[-2:], bed="1", family="any", address=device)
        return BleLink(settings, SETTINGS, seen, self.adapter, continuous=True)


@contextlib.asynccontextmanager
async def ward(name: str = "hci0") -> AsyncIterator[Ward]:
    told: Told = asyncio.Queue()
    adapter = Adapter(name, lambda *said: told.put_nowait(said))
    async with bleak_closed(), running(adapter.run()):
        yield Ward(adapter, told)


async def beat(device: FakeDevice, seen: Recorder, rate: int) -> None:
    """Wait for the subscription, notify, and wait until it has come through."""
    await device.rate.wanted.wait()
    device.rate.notify(bytes((0, rate)))
    await seen.until(lambda: seen.all(LinkData) and seen.all(LinkData)[-1].data == bytes((0, rate)))


def test_scan_connect_notify_drop_and_back_again(bus: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with ward() as here, bluez_on(bus) as bluez:
            device = bluez.device("F0:F1:F2:F3:F4:01")
            async with running(here.link(device.mac, seen).run()):
                device.switch_on()
                for visit in range(1, 4):
                    await beat(device, seen, 70 + visit)
                    device.rate.wanted.clear()
                    device.drop()
                    await seen.until_count(LinkClosed, visit)
                    assert seen.reason == "F0:F1:F2:F3:F4:01: disconnected"
                await beat(device, seen, 99)
            assert not device.is_connected
        assert [item.data[1] for item in seen.all(LinkData)] == [71, 72, 73, 99]
        assert {item.channel for item in seen.all(LinkData)} == {RATE}

    asyncio.run(scenario())


def test_a_write_asks_for_a_response_where_the_characteristic_does(bus: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with ward() as here, bluez_on(bus) as bluez:
            device = bluez.device("F0:F1:F2:F3:F4:01")
            device.switch_on()
            link = here.link(device.mac, seen)
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
                assert link.send(CONTROL, b"\x01")
                assert await device.control.written.get() == ("request", b"\x01")
                assert link.send(COMMAND, b"\x02")
                assert await device.command.written.get() == ("command", b"\x02")

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "pull", "why"),
    [
        ("hci0", False, "powered off"),
        ("hci0", True, "adapter 'hci0' not found"),
        ("", False, "powered off"),
        ("", True, "there is no adapter"),
    ],
)
def test_an_adapter_that_goes_is_told_once_for_all_and_its_devices_come_back_with_it(
    bus: str, name: str, *, pull: bool, why: str
) -> None:
    async def scenario() -> None:
        first, second = Recorder(), Recorder()
        async with ward(name) as here, bluez_on(bus) as bluez:
            devices = [bluez.device(f"F0:F1:F2:F3:F4:0{number}") for number in (1, 2)]
            links = [here.link(device.mac, seen) for device, seen in zip(devices, (first, second), strict=True)]
            async with running(links[0].run()), running(links[1].run()):
                for device, seen in zip(devices, (first, second), strict=True):
                    device.switch_on()
                    await beat(device, seen, 70)
                assert await here.told.get() == (name, True, "")
                for device in devices:
                    device.rate.wanted.clear()
                bluez.unplug() if pull else bluez.power(on=False)
                assert await here.told.get() == (name, False, why)
                for seen in (first, second):
                    await seen.until(lambda seen=seen: seen.reason.endswith(f": {why}"))  # type: ignore[misc]  # binds the loop's variable
                bluez.plug() if pull else bluez.power(on=True)
                assert await here.told.get() == (name, True, "")
                for device, seen in zip(devices, (first, second), strict=True):
                    await beat(device, seen, 71)
            assert here.told.empty()

    asyncio.run(scenario())


def test_several_devices_share_an_adapter_with_one_that_never_connects(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_adapter, "ATTEMPT_S", 0.2)

    async def scenario() -> None:
        async with ward() as here, bluez_on(bus) as bluez, contextlib.AsyncExitStack() as stack:
            devices = [bluez.device(f"F0:F1:F2:F3:F4:0{number}") for number in range(4)]
            devices[0].answers = False
            seen = [Recorder() for _ in devices]
            for device, sink in zip(devices, seen, strict=True):
                device.switch_on()
                await stack.enter_async_context(running(here.link(device.mac, sink).run()))
            for visit in range(2):
                for device, sink in zip(devices[1:], seen[1:], strict=True):
                    await beat(device, sink, 70 + visit)
                    device.rate.wanted.clear()
                    device.drop()
            await seen[0].until_count(LinkClosed, 2)
            assert devices[0].attempts >= 2
            assert bluez.overlaps == 0
            devices[0].answers = True
            await beat(devices[0], seen[0], 75)

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["hci0", ""])
def test_a_device_that_bluez_still_holds_from_an_earlier_run_is_taken_over(bus: str, name: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with ward(name) as here, bluez_on(bus) as bluez:
            device = bluez.device("F0:F1:F2:F3:F4:01")
            device.held()
            async with running(here.link(device.mac, seen).run()):
                await beat(device, seen, 80)
        assert device.attempts == 0

    asyncio.run(scenario())


def test_a_bluez_that_starts_late_and_later_crashes_is_found_again(bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENCE_S", 0.3)
    address = "F0:F1:F2:F3:F4:01"

    async def scenario() -> None:
        seen = Recorder()
        async with ward() as here, running(here.link(address, seen).run()):
            for life in range(3):
                # bleak is not told of a crash and goes on believing in the connections it knew.
                assert await here.told.get() == ("hci0", False, "BlueZ does not run")
                async with bluez_on(bus) as bluez:
                    assert await here.told.get() == ("hci0", True, "")
                    device = bluez.device(address)
                    await asyncio.sleep(0.05)
                    device.switch_on()
                    await beat(device, seen, 80 + life)

    asyncio.run(scenario())


def test_without_d_bus_the_adapter_is_told_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nowhere'}")

    async def scenario() -> None:
        seen = Recorder()
        async with ward() as here, running(here.link("F0:F1:F2:F3:F4:01", seen).run()):
            assert await here.told.get() == ("hci0", False, "D-Bus does not run")
            await seen.until_count(LinkClosed, 1)
            assert seen.reason == "F0:F1:F2:F3:F4:01: hci0: D-Bus does not run"

    asyncio.run(scenario())


def test_a_link_that_is_stopped_says_nothing_more_and_a_cancelled_adapter_ends_whatever_bluez_does(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_adapter, "LISTEN_S", 30.0)
    first, second = Recorder(), Recorder()

    async def scenario() -> None:
        async with ward() as here:
            async with running(here.link("F0:F1:F2:F3:F4:01", first).run()):
                assert await here.told.get() == ("hci0", False, "BlueZ does not run")
                async with bluez_on(bus):
                    assert await here.told.get() == ("hci0", True, "")
            async with running(here.link("F0:F1:F2:F3:F4:02", second).run()):
                await second.until_count(LinkConnecting, 1)
            # BlueZ is gone, and the adapter is still listening when its own end comes.

    asyncio.run(scenario())
    assert first.reason == "F0:F1:F2:F3:F4:01: closed on request"
    assert second.reason == "F0:F1:F2:F3:F4:02: closed on request"


@pytest.mark.usefixtures("bus")
def test_a_stopped_link_hears_nothing_of_the_adapter() -> None:
    async def scenario() -> None:
        stopped, waiting = Recorder(), Recorder()
        async with ward() as here:
            async with running(here.link("F0:F1:F2:F3:F4:01", stopped).run()):
                await stopped.until_count(LinkClosed, 1)
            async with running(here.link("F0:F1:F2:F3:F4:02", waiting).run()):
                await waiting.until_count(LinkClosed, 1)
        assert stopped.reason == "F0:F1:F2:F3:F4:01: closed on request"

    asyncio.run(scenario())
