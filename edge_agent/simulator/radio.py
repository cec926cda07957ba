"""The simulator's air: a Bluetooth peripheral on bumble, with a plug to pull. No other file of it knows bumble.

A transport is where bumble finds a controller: a second adapter (`usb:0`, `hci-socket:1`), another program's
(`tcp-client:HOST:PORT`), or `vhci`: then the kernel gets an adapter of its own, and this device is in its reach.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, BaseBumbleError, PhysicalTransport
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink

from edge_agent.simulator.conversations.conversation import Frames
from edge_agent.simulator.conversations.greeted import greeting
from firmware_bridges.bridge import BleSettings, Family
from firmware_bridges.gatt import BATTERY, uuid
from firmware_bridges.racp import CONTROL

INDICATED = frozenset(uuid(number) for number in (0x2A35, 0x2A1C, 0x2A5E, 0x2A52, 0x2A9D))
"""Characteristics that indicate: blood pressure, temperature, spot check, control point, weight. Others notify."""

INTERVAL_MS = 100.0
"""Between two advertisements."""

PENDING = 200
"""Values that may wait for a host that is slow to confirm; what comes then is lost."""

LEAVE_S = 3.0
"""For taking leave of the host and the controller."""

ADAPTER = "E0:E1:E2:E3:E4:E5"
"""The address of the adapter that the kernel gets."""

_P = Characteristic.Properties
_DEVICE_INFORMATION = [uuid(number) for number in (0x2A29, 0x2A24, 0x2A25, 0x2A26, 0x2A27, 0x2A28, 0x2A50)]
_SHORT_TAIL = "-0000-1000-8000-00805f9b34fb"

Values = Callable[[], dict[str, bytes]]
"""Returns what can be read now, by channel."""


class Radio:
    """A peripheral of `family`. Nothing is on the air before `plug`, and nothing happens unless `run` runs."""

    def __init__(self, device: Device, family: Family, values: Values) -> None:
        if not isinstance(family.link, BleSettings):
            raise TypeError(f"{family.name} is no Bluetooth family")
        self._device = device
        self._link = family.link
        self._values = values
        self._written = frozenset(greeting(family)) | ({CONTROL} & {*family.link.subscribe})
        self._channels: dict[str, Characteristic[bytes]] = {}
        self._incoming: Frames = []
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._connection: Connection | None = None
        self._subscribed = False
        self._out = False
        self._add_services()
        device.advertising_data = self._advertised()
        name = f"SIMULATED {family.name}"[:29].encode()
        device.scan_response_data = bytes(AdvertisingData([(AdvertisingData.COMPLETE_LOCAL_NAME, name)]))
        device.on("connection", self._connected)

    @property
    def plugged(self) -> bool:
        """Tell whether somebody is connected and listens to the measurement."""
        return self._connection is not None and self._subscribed

    def plug(self) -> None:
        """Advertise, and take connections."""
        self._out = True
        self._work.put_nowait(self._advertise)

    def unplug(self) -> None:
        """End the connection and be silent."""
        self._subscribed = self._out = False
        self._work.put_nowait(self._hang_up)

    def heard(self) -> Frames:
        """Return what was written since."""
        heard, self._incoming = self._incoming, []
        return heard

    def say(self, frames: Frames) -> None:
        """Notify or indicate, one after another."""
        for channel, data in frames:
            if channel in self._channels and self._work.qsize() < PENDING:
                self._work.put_nowait(partial(self._send, self._channels[channel], data))

    async def run(self) -> None:
        """Do what was asked for, in its order, until cancelled."""
        await self._device.power_on()
        while True:
            work = await self._work.get()
            try:
                await work()
            except (BaseBumbleError, asyncio.TimeoutError):
                continue  # the host has gone in the midst of it

    async def leave(self) -> None:
        """End the connection and be silent, at once."""
        self._out = False
        await self._hang_up()

    async def _hang_up(self) -> None:
        await self._device.stop_advertising()
        if self._connection is not None:
            await self._connection.disconnect()

    async def _advertise(self) -> None:
        if self._out and self._connection is None:
            await self._device.start_advertising(
                advertising_interval_min=INTERVAL_MS, advertising_interval_max=INTERVAL_MS
            )

    async def _send(self, characteristic: Characteristic[bytes], data: bytes) -> None:
        if self._connection is None:
            return
        if characteristic.properties & _P.INDICATE:
            await self._device.indicate_subscribers(characteristic, data)
        else:
            await self._device.notify_subscribers(characteristic, data)

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        connection.once("disconnection", self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._connection, self._subscribed, self._incoming = None, False, []
        self._work.put_nowait(self._advertise)

    def _add_services(self) -> None:
        own = [*dict.fromkeys((*self._link.subscribe, *self._written, *self._link.read))]
        readable = self._values()
        rest = {BATTERY, *_DEVICE_INFORMATION}
        main = [self._characteristic(each) for each in own if each not in rest and self._offered(each, readable)]
        about = [self._characteristic(each) for each in _DEVICE_INFORMATION if each in readable]
        self._device.add_services(
            [
                Service(self._link.service, main),
                Service(uuid(0x180F), [self._characteristic(BATTERY)] if BATTERY in readable else []),
                Service(uuid(0x180A), about),
            ]
        )
        self._channels[self._link.subscribe[0]].on("subscription", self._subscription)

    def _offered(self, channel: str, readable: dict[str, bytes]) -> bool:
        return channel in self._link.subscribe or channel in self._written or channel in readable

    def _characteristic(self, channel: str) -> Characteristic[bytes]:
        properties, permissions = _P(0), Characteristic.Permissions(0)
        if channel in self._values():
            properties, permissions = _P.READ, Characteristic.READABLE
        elif channel in self._link.subscribe:
            properties = _P.INDICATE if channel in INDICATED else _P.NOTIFY
        if channel in self._written:
            properties, permissions = properties | _P.WRITE, Characteristic.WRITEABLE
        value = CharacteristicValue(
            read=lambda _: self._values().get(channel, b""),
            write=lambda _, data: self._incoming.append((channel, bytes(data))),
        )
        made: Characteristic[bytes] = Characteristic(channel, properties, permissions, value)
        self._channels[channel] = made
        return made

    def _subscription(self, _connection: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - bumble's signature
        self._subscribed = notify or indicate

    def _advertised(self) -> bytes:
        service = self._link.service
        short = service.startswith("0000") and service.endswith(_SHORT_TAIL)
        kind = (
            AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS
            if short
            else AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS
        )
        data = bytes.fromhex(service[4:8])[::-1] if short else bytes(UUID(service))
        return bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06"), (kind, data)]))


@asynccontextmanager
async def on_air(transport: str, address: str, family: Family, values: Values) -> AsyncIterator[Radio]:
    """Yield a running peripheral with `address` at a transport. OSError or ValueError where there is none."""
    async with await open_transport(transport) as opened:
        if transport.partition(":")[0] == "vhci":
            air = _Air()  # type: ignore[no-untyped-call]  # bumble types most, not this
            Controller("adapter", host_source=opened.source, host_sink=opened.sink, link=air, public_address=ADAPTER)
            device = device_on(air, address)
        else:
            device = Device.with_hci(f"SIMULATED {family.name}", Address(address), opened.source, opened.sink)
        radio = Radio(device, family, values)
        running = asyncio.ensure_future(radio.run())
        try:
            yield radio
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            with contextlib.suppress(BaseBumbleError, asyncio.TimeoutError):
                await asyncio.wait_for(radio.leave(), LEAVE_S)


def device_on(air: LocalLink, address: str) -> Device:
    """Return a device with a controller of its own on `air`."""
    controller = Controller(address, link=air, public_address=address)
    return Device(name=address, address=Address(address), host=Host(controller, AsyncPipeSink(controller)))


class _Air(LocalLink):
    """bumble's medium, which sends data as from a random address. BlueZ connects from its public one."""

    def send_acl_data(
        self, sender: Controller, destination: Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        """Carry data between two that are connected, from the address that they are connected by."""
        connection = sender.le_connections.get(destination) if transport == PhysicalTransport.LE else None
        receiver = self.find_le_controller(destination) if connection else None
        if connection is None or receiver is None:
            super().send_acl_data(sender, destination, transport, data)
            return
        asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)
