"""A capture of a Bluetooth device that nobody knows: what it offers is listed, what speaks by itself is listened to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge_agent.domain.settings import Device
from edge_agent.gateway import ble_services, capturing
from edge_agent.gateway.ble_errors import NotConnected
from edge_agent.gateway.ble_services import services, speaking
from edge_agent.gateway.capture import Data, Happening, read
from edge_agent.gateway.capturing import Target
from firmware_bridges.bridge import BleSettings
from firmware_bridges.gatt import uuid
from firmware_bridges.vitals import Event
from tests.links.bumble_devices import RATE, Sensor
from tests.links.bumble_stack import backend_on, open_air
from tests.links.recorder import running

pytestmark = pytest.mark.usefixtures("quick")

ADDRESS = "F0:F1:F2:F3:F4:01"


def test_what_speaks_by_itself_is_recorded_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "capture"

    async def scenario() -> None:
        air = open_air()
        backend, sensor = await backend_on(air), Sensor(air, ADDRESS)
        await sensor.switch_on()
        offered = await services(ADDRESS, "", backend)
        assert {uuid(number) for number in (0x180D, 0x180F, 0x180A)} <= offered.keys()
        assert offered[uuid(0x180D)][RATE] == ["notify"]
        channels = speaking(offered)
        assert RATE in channels
        heard = asyncio.Event()

        def tell(happening: Happening, _events: list[Event]) -> None:
            if isinstance(happening, Data):
                heard.set()

        target = Target(Device(id="device", bed="", family="", address=ADDRESS), BleSettings("", channels))
        async with running(capturing.run(target, out, tell, backend)), running(sensor.beat()):
            await asyncio.wait_for(heard.wait(), 20)
        assert sensor.written.empty()

    asyncio.run(scenario())
    with out.open("rb") as file:
        began, happenings = read(file, "capture")
        recorded = [line for line in happenings if isinstance(line, Data)]
    assert began.identity == capturing.UNKNOWN
    assert {line.channel for line in recorded} == {RATE}
    assert recorded[0].hex == "0648"


def test_a_device_that_is_not_there_is_said_not_to_be_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_services, "FIND_S", 0.2)

    async def scenario() -> None:
        await services(ADDRESS, "", await backend_on(open_air()))

    with pytest.raises(NotConnected, match="F0:F1:F2:F3:F4:01 is not heard"):
        asyncio.run(scenario())
