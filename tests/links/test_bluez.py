"""The BLE link over bleak's own BlueZ backend, with a small org.bluez on a private D-Bus."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge_agent.domain.inputs import LinkClosed, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway import ble_adapter
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.ble_link import BleLink
from firmware_bridges.bridge import BleSettings
from tests.links.bluez import bluez_on, close_bleak
from tests.links.bluez_objects import COMMAND, CONTROL, RATE, RATE_SERVICE, Bluez, FakeDevice
from tests.links.recorder import Recorder, running

SETTINGS = BleSettings(service=RATE_SERVICE, subscribe=(CONTROL, RATE))


pytestmark = pytest.mark.usefixtures("quick")


@dataclass
class Ward:
    bluez: Bluez
    adapter: Adapter
    told: asyncio.Queue[tuple[str, bool, str]]

    def link(self, device: FakeDevice, seen: Recorder) -> BleLink:
        settings = Device(id=device.mac[-2:], bed="1", family="any", address=device.mac, adapter="hci0")
        return BleLink(settings, SETTINGS, seen, self.adapter, continuous=True)


@contextlib.asynccontextmanager
async def ward(bus: str) -> AsyncIterator[Ward]:
    told: asyncio.Queue[tuple[str, bool, str]] = asyncio.Queue()
    async with bluez_on(bus) as bluez:
        adapter = Adapter("hci0", lambda *said: told.put_nowait(said))
        async with running(adapter.run()):
            yield Ward(bluez, adapter, told)


async def beat(device: FakeDevice, seen: Recorder, rate: int) -> None:
    """Wait for the subscription, notify, and wait until it has come through."""
    await device.rate.wanted.wait()
    device.rate.notify(bytes((0, rate)))
    await seen.until(lambda: seen.all(LinkData) and seen.all(LinkData)[-1].data == bytes((0, rate)))


def test_scan_connect_notify_drop_and_back_again(bus: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with ward(bus) as here:
            device = here.bluez.device("F0:F1:F2:F3:F4:01")
            async with running(here.link(device, seen).run()):
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
        async with ward(bus) as here:
            device = here.bluez.device("F0:F1:F2:F3:F4:01")
            device.switch_on()
            link = here.link(device, seen)
            async with running(link.run()):
                await seen.until_count(LinkOpened, 1)
                assert link.send(CONTROL, b"\x01")
                assert await device.control.written.get() == ("request", b"\x01")
                assert link.send(COMMAND, b"\x02")
                assert await device.command.written.get() == ("command", b"\x02")

    asyncio.run(scenario())


@pytest.mark.parametrize(("pull", "why"), [(False, "powered off"), (True, "adapter 'hci0' not found")])
def test_an_adapter_that_goes_is_told_once_for_all_and_its_devices_come_back_with_it(
    bus: str, *, pull: bool, why: str
) -> None:
    async def scenario() -> None:
        first, second = Recorder(), Recorder()
        async with ward(bus) as here:
            devices = [here.bluez.device(f"F0:F1:F2:F3:F4:0{number}") for number in (1, 2)]
            links = [here.link(device, seen) for device, seen in zip(devices, (first, second), strict=True)]
            async with running(links[0].run()), running(links[1].run()):
                for device, seen in zip(devices, (first, second), strict=True):
                    device.switch_on()
                    await beat(device, seen, 70)
                assert await here.told.get() == ("hci0", True, "")
                for device in devices:
                    device.rate.wanted.clear()
                here.bluez.unplug() if pull else here.bluez.power(on=False)
                assert await here.told.get() == ("hci0", False, why)
                for seen in (first, second):
                    await seen.until(lambda seen=seen: seen.reason.endswith(f"hci0: {why}"))  # type: ignore[misc]  # binds the loop's variable
                here.bluez.plug() if pull else here.bluez.power(on=True)
                assert await here.told.get() == ("hci0", True, "")
                for device, seen in zip(devices, (first, second), strict=True):
                    await beat(device, seen, 71)
            assert here.told.empty()

    asyncio.run(scenario())


def test_several_devices_share_an_adapter_with_one_that_never_connects(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_adapter, "ATTEMPT_S", 0.2)

    async def scenario() -> None:
        async with ward(bus) as here, contextlib.AsyncExitStack() as stack:
            devices = [here.bluez.device(f"F0:F1:F2:F3:F4:0{number}") for number in range(4)]
            devices[0].answers = False
            seen = [Recorder() for _ in devices]
            for device, sink in zip(devices, seen, strict=True):
                device.switch_on()
                await stack.enter_async_context(running(here.link(device, sink).run()))
            for visit in range(2):
                for device, sink in zip(devices[1:], seen[1:], strict=True):
                    await beat(device, sink, 70 + visit)
                    device.rate.wanted.clear()
                    device.drop()
            await seen[0].until_count(LinkClosed, 2)
            assert devices[0].attempts >= 2
            assert here.bluez.overlaps == 0
            devices[0].answers = True
            await beat(devices[0], seen[0], 75)

    asyncio.run(scenario())


def test_a_device_that_bluez_still_holds_from_an_earlier_run_is_taken_over(bus: str) -> None:
    async def scenario() -> None:
        seen = Recorder()
        async with ward(bus) as here:
            device = here.bluez.device("F0:F1:F2:F3:F4:01")
            device.held()
            async with running(here.link(device, seen).run()):
                await beat(device, seen, 80)
        assert device.attempts == 0

    asyncio.run(scenario())


def test_bluez_that_starts_later_than_the_agent_is_found(bus: str) -> None:
    async def scenario() -> None:
        seen, told = Recorder(), asyncio.Queue[tuple[str, bool, str]]()
        adapter = Adapter("hci0", lambda *said: told.put_nowait(said))
        settings = Device(id="1", bed="1", family="any", address="F0:F1:F2:F3:F4:01", adapter="hci0")
        link = BleLink(settings, SETTINGS, seen, adapter, continuous=True)
        async with running(adapter.run()), running(link.run()):
            assert await told.get() == ("hci0", False, "BlueZ does not run")
            async with bluez_on(bus) as bluez:
                assert await told.get() == ("hci0", True, "")
                device = bluez.device("F0:F1:F2:F3:F4:01")
                device.switch_on()
                await beat(device, seen, 80)

    asyncio.run(scenario())


@pytest.mark.usefixtures("bus")
def test_without_d_bus_the_adapter_is_told_lost(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nowhere'}")

    async def scenario() -> None:
        seen, told = Recorder(), asyncio.Queue[tuple[str, bool, str]]()
        adapter = Adapter("hci0", lambda *said: told.put_nowait(said))
        settings = Device(id="1", bed="1", family="any", address="F0:F1:F2:F3:F4:01", adapter="hci0")
        link = BleLink(settings, SETTINGS, seen, adapter, continuous=True)
        async with running(adapter.run()), running(link.run()):
            assert await told.get() == ("hci0", False, "D-Bus does not run")
            await seen.until_count(LinkClosed, 1)
            assert seen.reason == "F0:F1:F2:F3:F4:01: hci0: D-Bus does not run"
        await close_bleak()

    asyncio.run(scenario())
