"""What a Bluetooth device offers: connects once, lists services and characteristics, reads and writes nothing."""

from __future__ import annotations

from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.args.bluez import BlueZScannerArgs

from edge_agent.gateway.ble_adapter import Backend, disconnect
from edge_agent.gateway.ble_errors import BLE_ERRORS, NotConnected, in_words
from edge_agent.gateway.bounded import bounded

FIND_S, CONNECT_S = 15.0, 20.0
"""For hearing the device, and for connecting, services included."""

Services = dict[str, dict[str, list[str]]]
"""Properties (read, notify ...) by characteristic by service, UUIDs."""

SPEAKING = {"notify", "indicate"}
"""Properties of a characteristic that sends by itself."""


async def services(address: str, adapter: str, backend: Backend | None = None) -> Services:
    """Return what the device at `address` offers. NotConnected says why not."""
    scanning: dict[str, Any] = {"backend": backend.scanner} if backend else {}
    connecting: dict[str, Any] = {"backend": backend.client} if backend else {}
    bluez = BlueZScannerArgs(adapter=adapter) if adapter else BlueZScannerArgs()
    try:
        device = await BleakScanner.find_device_by_address(address, FIND_S, bluez=bluez, **scanning)
        if device is None:
            raise NotConnected(f"{address} is not heard")
        client = BleakClient(device, **connecting)
        try:
            await bounded(client.connect(), CONNECT_S)
            return {
                service.uuid: {each.uuid: sorted(each.properties) for each in service.characteristics}
                for service in client.services
            }
        finally:
            await disconnect(client)
    except BLE_ERRORS as error:
        raise NotConnected(f"{address}: {in_words(error)}") from error


def speaking(offered: Services) -> tuple[str, ...]:
    """Return the characteristics that send by themselves."""
    return tuple(
        channel for service in offered.values() for channel, properties in service.items() if SPEAKING & {*properties}
    )
