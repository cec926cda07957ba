"""A record store over a real GATT stack: the bridge's commands reach the meter, its memory and its clock reach us."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from bumble.core import AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.link import LocalLink

from edge_agent.domain.inputs import Input, LinkClosed, LinkData, LinkOpened
from edge_agent.domain.settings import Device
from edge_agent.gateway.ble_adapter import Adapter
from edge_agent.gateway.ble_link import BleLink
from firmware_bridges.bridge import BleSettings, Sample
from firmware_bridges.families import bluetooth_glucose_meter as meter
from firmware_bridges.gatt import CURRENT_TIME, uuid
from firmware_bridges.racp import CONTROL, report_all, report_from
from firmware_bridges.vitals import DeviceStatus, Event, Reading, Send
from tests.firmware_bridges.store_device import Memory
from tests.links.bumble_stack import backend_on, device_on, open_air
from tests.links.recorder import Recorder, running

pytestmark = pytest.mark.usefixtures("quick")

ADDRESS = "F0:F1:F2:F3:F4:00"
_P = Characteristic.Properties


class Meter:
    """A glucose meter on bumble. What it remembers and answers is the simulated device's."""

    def __init__(self, air: LocalLink) -> None:
        self.memory = Memory()
        self._encoder = meter.Encoder()
        self._device = device_on(air, ADDRESS)
        self._connection: Connection | None = None
        self._talk: set[asyncio.Task[None]] = set()
        self._channels = {
            meter.MEASUREMENT: Characteristic[bytes](meter.MEASUREMENT, _P.NOTIFY, Characteristic.READABLE),
            meter.CONTEXT: Characteristic[bytes](meter.CONTEXT, _P.NOTIFY, Characteristic.READABLE),
            CONTROL: Characteristic[bytes](
                CONTROL, _P.WRITE | _P.INDICATE, Characteristic.WRITEABLE, CharacteristicValue(write=self._written)
            ),
        }
        clock = bytes.fromhex("ea0709190e051e 05 00 00")
        self._device.add_services(
            [
                Service(uuid(0x1808), list(self._channels.values())),
                Service(uuid(0x1805), [Characteristic(CURRENT_TIME, _P.READ, Characteristic.READABLE, clock)]),
            ]
        )
        self._device.on("connection", self._connected)

    async def switch_on(self) -> None:
        """Start to advertise."""
        await self._device.power_on()
        self._device.advertising_data = bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06")]))
        await self._device.start_advertising(
            auto_restart=True, advertising_interval_min=20.0, advertising_interval_max=20.0
        )

    def measure(self, mg_dl: int) -> list[tuple[str, bytes]]:
        """Measure and remember; return what was remembered."""
        record = self._encoder.encode(Sample({"glucose": mg_dl}))
        self.memory.records[len(self.memory.records)] = record
        return record

    async def say(self, values: list[tuple[str, bytes]]) -> None:
        """Send each value on its channel."""
        for channel, value in values:
            send = self._device.indicate_subscribers if channel == CONTROL else self._device.notify_subscribers
            await send(self._channels[channel], value)

    async def leave(self) -> None:
        """End the connection; it goes on advertising."""
        if self._connection is not None:
            await self._connection.disconnect()

    def _connected(self, connection: Connection) -> None:
        self._connection = connection

    def _written(self, _connection: object, data: bytes) -> None:
        self._talk.add(asyncio.create_task(self.say(self.memory.answer(data))))


class Gateway(Recorder):
    """What stands behind the link in the agent: the bridge, and the way of its commands back to the link."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = meter.FAMILY.bridge()
        self.events: list[Event] = []
        self.link: BleLink | None = None

    def __call__(self, item: Input) -> None:
        if isinstance(item, LinkOpened):
            self._take(self.bridge.opened(item.received_at))
        elif isinstance(item, LinkData):
            self._take(self.bridge.receive(item.channel, item.data, item.received_at))
        elif isinstance(item, LinkClosed):
            self._take(self.bridge.closed(item.received_at))
        super().__call__(item)

    def readings(self) -> list[tuple[int | None, bool]]:
        """Return value and storedness of every reading so far."""
        return [(event.value, event.stored) for event in self.events if isinstance(event, Reading)]

    async def idle(self) -> None:
        """Wait until the meter has answered."""
        await self.until(lambda: self.bridge.next_deadline() is None)

    def _take(self, events: list[Event]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Send):
                assert self.link is not None
                assert self.link.send(event.channel, event.data)


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[tuple[Meter, Gateway]]:
    air = open_air()
    adapter = Adapter("", lambda *_: None, await backend_on(air))
    device, gateway = Meter(air), Gateway()
    assert isinstance(meter.FAMILY.link, BleSettings)
    described = Device(id="meter", bed="1", family=meter.FAMILY.name, address=ADDRESS.lower())
    gateway.link = BleLink(described, meter.FAMILY.link, gateway, adapter, continuous=False)
    for mg_dl in (90, 110, 250):
        device.measure(mg_dl)
    async with running(adapter.run()), running(gateway.link.run()):
        await device.switch_on()
        await gateway.until_count(LinkOpened, 1)
        yield device, gateway


def test_the_memory_of_a_meter_is_read_then_what_it_measures_and_after_a_break_what_is_new() -> None:
    async def scenario() -> None:
        async with connected() as (device, gateway):
            await gateway.until(lambda: len(gateway.readings()) == 3)
            await gateway.idle()
            assert gateway.readings() == [(90, True), (110, True), (250, True)]
            assert gateway.events[:2] == [
                Send(CONTROL, report_all()),
                DeviceStatus(gateway.all(LinkData)[0].received_at, clock="2026-09-25T14:05:30"),
            ]

            await device.say(device.measure(65))
            await gateway.until(lambda: (65, False) in gateway.readings())

            await device.leave()
            await gateway.until_count(LinkClosed, 1)
            device.measure(70)
            await gateway.until_count(LinkOpened, 2)
            await gateway.until(lambda: (70, True) in gateway.readings())
            await gateway.idle()
            assert len(gateway.readings()) == 5
            assert device.memory.commands == [report_all(), report_from(4)]

    asyncio.run(scenario())
