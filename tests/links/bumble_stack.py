"""A Bluetooth stack for bleak in this process: bumble's host and virtual controller in place of BlueZ and a radio.

GATT, ATT, L2CAP and HCI are real; the air is not. What bleak's own BlueZ backend does is tested with `bluez` instead.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bleak.args import SizedBuffer
from bleak.assigned_numbers import CharacteristicPropertyName
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError, BleakGATTProtocolError
from bleak.uuids import normalize_uuid_str
from bumble.att import ATT_Error
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, BaseBumbleError, PhysicalTransport
from bumble.device import Advertisement, Connection, Device, Peer
from bumble.gatt import Characteristic
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

from edge_agent.gateway.ble_adapter import Backend

_PROPERTIES: dict[Characteristic.Properties, CharacteristicPropertyName] = {
    Characteristic.Properties.READ: "read",
    Characteristic.Properties.WRITE: "write",
    Characteristic.Properties.WRITE_WITHOUT_RESPONSE: "write-without-response",
    Characteristic.Properties.NOTIFY: "notify",
    Characteristic.Properties.INDICATE: "indicate",
}


def open_air() -> LocalLink:
    """Return the medium that carries what controllers send to each other."""
    return LocalLink()  # type: ignore[no-untyped-call]  # bumble types most, not this


def device_on(air: LocalLink, address: str) -> Device:
    """Return a Bluetooth device with its own controller on `air`, not yet powered on."""
    controller = Controller(address, link=air, public_address=address)
    return Device(name=address, address=Address(address), host=Host(controller, AsyncPipeSink(controller)))


async def backend_on(air: LocalLink, address: str = "E0:E1:E2:E3:E4:E5") -> Backend:
    """Return a powered gateway on `air`, as bleak wants it: a class that scans and a class that connects."""
    gateway = device_on(air, address)
    await gateway.power_on()
    scanner = type("BumbleScanner", (_Scanner,), {"gateway": gateway})
    client = type("BumbleClient", (_Client,), {"gateway": gateway})
    return Backend(scanner, client, power_cycle=lambda _name: _power_cycle(gateway))


async def _power_cycle(gateway: Device) -> None:
    await gateway.power_off()
    await gateway.power_on()


def _uuid(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))


class _Scanner(BaseBleakScanner):
    gateway: Device

    def __init__(self, detection_callback: Any, service_uuids: list[str] | None, *_: object, **__: object) -> None:  # noqa: ANN401 - bleak's own type is not public
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self.gateway.on("advertisement", self._heard)
        await self.gateway.start_scanning(legacy=True)

    async def stop(self) -> None:
        self.gateway.remove_listener("advertisement", self._heard)
        await self.gateway.stop_scanning(legacy=True)

    def _heard(self, heard: Advertisement) -> None:
        address = heard.address.to_string(with_type_qualifier=False)
        parts = heard.data.get_all(AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID)
        service_data = {_uuid(uuid): bytes(data) for uuid, data in parts}
        seen = AdvertisementData(None, {}, service_data, [], None, heard.rssi, (heard,))
        self.call_detection_callbacks(self.create_or_update_device(address, address, None, heard.address, seen), seen)


class _Client(BaseBleakClient):
    gateway: Device
    _connection: Connection | None = None
    _peer: Peer

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return self._peer.gatt_client.mtu

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **_: object) -> None:  # noqa: FBT001 - bleak's signature
        try:
            self._connection = await self.gateway.connect(self.address, transport=PhysicalTransport.LE)
            self._connection.once("disconnection", self._disconnected)
            self._peer = Peer(self._connection)
            self.services = await self._discover()
        except BaseBumbleError as error:
            raise BleakError(str(error)) from error
        except asyncio.CancelledError:
            await self.gateway.cancel_connection()  # type: ignore[no-untyped-call]  # bumble types most, not this
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.disconnect()

    async def pair(self, *_: object, **__: object) -> None:
        raise NotImplementedError

    async def unpair(self) -> None:
        raise NotImplementedError

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        try:
            return bytearray(await self._peer.gatt_client.read_value(characteristic.handle))
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:  # noqa: FBT001 - bleak's signature
        try:
            await self._peer.gatt_client.write_value(characteristic.handle, bytes(data), response)
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **_: object
    ) -> bytearray:
        raise NotImplementedError

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        raise NotImplementedError

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: object
    ) -> None:
        proxy = cast("CharacteristicProxy[bytes]", characteristic.obj)
        await proxy.subscribe(lambda value: callback(bytearray(value)))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        raise NotImplementedError

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def _discover(self) -> BleakGATTServiceCollection:
        await self._peer.discover_services()
        found = BleakGATTServiceCollection()
        for service in self._peer.services:
            ours = BleakGATTService(service, service.handle, _uuid(service.uuid))
            found.add_service(ours)
            await service.discover_characteristics()
            for each in service.characteristics:
                properties = [name for flag, name in _PROPERTIES.items() if each.properties & flag]
                found.add_characteristic(
                    BleakGATTCharacteristic(each, each.handle, _uuid(each.uuid), properties, lambda: 20, ours)
                )
        return found
