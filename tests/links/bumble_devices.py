"""A heart rate sensor on bumble: its services, its notifications, and the ways in which it can misbehave."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from bumble.att import ATT_Error
from bumble.core import AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.link import LocalLink

from firmware_bridges.bridge import Sample
from firmware_bridges.families.bluetooth_heart_rate import FAMILY
from firmware_bridges.gatt import uuid
from tests.links.bumble_stack import device_on

RATE, BATTERY, MAKER, MODEL = (uuid(number) for number in (0x2A37, 0x2A19, 0x2A29, 0x2A24))
ANSWERED, UNANSWERED, REFUSING = (uuid(number) for number in (0x2A39, 0xFF01, 0x2A52))
"""Channels to write to: with response, without, and one that refuses."""

_REFUSED = 0x80
_P = Characteristic.Properties


class Sensor:
    """Advertises, and beats every few milliseconds while connected. `rate` in /min."""

    def __init__(self, air: LocalLink, address: str) -> None:
        self.address = address
        self.rate = 72
        self.silent = False
        self.connections = 0
        self.met = asyncio.Event()
        self.written: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._encoder = FAMILY.encoder()
        self._device = device_on(air, address)
        self._connection: Connection | None = None
        self._measurement = _characteristic(RATE, _P.NOTIFY)
        self._device.add_services(
            [
                Service(uuid(0x180D), [self._measurement, self._writable(ANSWERED, _P.WRITE)]),
                Service(uuid(0x180F), [_characteristic(BATTERY, _P.READ, b"\x55")]),
                Service(uuid(0x180A), [_characteristic(MAKER, _P.READ, b"Bedside"), _refusing(MODEL, _P.READ)]),
                Service(
                    uuid(0xFF00),
                    [self._writable(UNANSWERED, _P.WRITE_WITHOUT_RESPONSE), _refusing(REFUSING, _P.WRITE)],
                ),
            ]
        )
        self._device.on("connection", self._connected)

    async def switch_on(self) -> None:
        """Start to advertise, and to beat once connected; until cancelled."""
        await self._device.power_on()
        self._device.advertising_data = bytes(AdvertisingData([(AdvertisingData.FLAGS, b"\x06")]))
        await self._device.start_advertising(
            auto_restart=True, advertising_interval_min=20.0, advertising_interval_max=20.0
        )

    async def beat(self) -> None:
        """Notify until cancelled."""
        while True:
            await asyncio.sleep(0.005)
            if self._connection is not None and not self.silent:
                for _, value in self._encoder.encode(Sample({"heart_rate": self.rate})):
                    await self._device.notify_subscribers(self._measurement, value)

    def play_dead(self) -> None:
        """Be connected, but answer nothing from now on."""
        self._device.gatt_server.on_gatt_pdu = lambda *_: None  # type: ignore[method-assign]  # no such switch in bumble

    async def leave(self) -> None:
        """End the connection from the device's side; it goes on advertising."""
        if self._connection is not None:
            await self._connection.disconnect()

    def _connected(self, connection: Connection) -> None:
        self.connections += 1
        self.met.set()
        self._connection = connection
        connection.once("disconnection", self._disconnected)

    def _disconnected(self, _reason: int) -> None:
        self._connection = None

    def _writable(self, channel: str, properties: _P) -> Characteristic[bytes]:
        def write(_connection: object, data: bytes) -> None:
            self.written.put_nowait((channel, data))

        return Characteristic(channel, properties, Characteristic.WRITEABLE, CharacteristicValue(write=write))


def _characteristic(channel: str, properties: _P, value: bytes = b"") -> Characteristic[bytes]:
    return Characteristic(channel, properties, Characteristic.READABLE, value)


def _refusing(channel: str, properties: _P) -> Characteristic[bytes]:
    def refuse(*_: object) -> NoReturn:
        raise ATT_Error(_REFUSED)

    permissions = Characteristic.READABLE | Characteristic.WRITEABLE
    return Characteristic(channel, properties, permissions, CharacteristicValue(read=refuse, write=refuse))
