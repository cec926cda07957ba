"""Listens for Bluetooth devices and tells the families whose service they advertise. It connects to none of them."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs

from edge_agent.domain.errors import AgentError
from edge_agent.gateway.ble_adapter import COMMAND_S, Backend
from edge_agent.gateway.ble_errors import BLE_ERRORS, in_words
from edge_agent.gateway.bounded import bounded
from firmware_bridges.bridge import BleSettings
from firmware_bridges.families import FAMILIES

_REMEDIES = {
    "D-Bus does not run": "start it: sudo systemctl start dbus",
    "BlueZ does not run": "install and start it: sudo apt install bluez && sudo systemctl start bluetooth",
    "BlueZ does not answer": "restart it: sudo systemctl restart bluetooth",
    "there is no adapter": "plug one in, or enable the built-in one; hciconfig -a shows what there is",
    "powered off": "switch it on: sudo rfkill unblock bluetooth && bluetoothctl power on",
    "not permitted by D-Bus": "run with sudo, or: sudo usermod -aG bluetooth $USER, and log in again",
}
"""What a person can do, by what `in_words` says."""


class Heard(msgspec.Struct, frozen=True):
    """One device: address, name, strength of its signal in dBm, services (UUIDs), and the families they belong to."""

    address: str
    name: str
    rssi: int
    services: tuple[str, ...]
    families: tuple[str, ...]


async def scan(seconds: float, adapter: str = "", backend: Backend | None = None) -> list[Heard]:
    """Return the devices heard within `seconds`, strongest first. AgentError says why none can be, and what to do."""
    arguments: dict[str, Any] = {"backend": backend.scanner} if backend else {}
    bluez = BlueZScannerArgs(adapter=adapter) if adapter else BlueZScannerArgs()
    scanner = BleakScanner(bluez=bluez, **arguments)
    try:
        await bounded(scanner.start(), COMMAND_S)
        await asyncio.sleep(seconds)
        await bounded(scanner.stop(), COMMAND_S)
    except BLE_ERRORS as error:
        reason = in_words(error)
        remedy = f"; {_REMEDIES[reason]}" if reason in _REMEDIES else ""
        raise AgentError(f"Bluetooth: {reason}{remedy}") from error
    found = scanner.discovered_devices_and_advertisement_data.values()
    heard = [
        Heard(
            address=device.address,
            name=said.local_name or device.name or "",
            rssi=said.rssi,
            services=tuple(sorted(said.service_uuids)),
            families=families_of(said.service_uuids),
        )
        for device, said in found
    ]
    return sorted(heard, key=lambda each: -each.rssi)


def families_of(services: list[str]) -> tuple[str, ...]:
    """Return the families that one of `services` belongs to: more than one where a service serves two kinds."""
    return tuple(
        name
        for name, family in FAMILIES.items()
        if isinstance(family.link, BleSettings) and family.link.service in {each.lower() for each in services}
    )
