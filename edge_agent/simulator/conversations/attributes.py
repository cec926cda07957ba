"""What a simulated Bluetooth device can be asked for by reading: who it is, its battery, what its service can do."""

from __future__ import annotations

from firmware_bridges import plx
from firmware_bridges.bridge import BleSettings, Family
from firmware_bridges.families import bluetooth_glucose_monitor
from firmware_bridges.gatt import BATTERY, uuid

MANUFACTURER, MODEL, SERIAL_NUMBER = (uuid(number) for number in (0x2A29, 0x2A24, 0x2A25))

_STORES_CHECKS = bytes.fromhex("0400")
_UNKNOWN_BEGINNING = bytes(9)
_FULL_ENOUGH = 85


def readable(family: Family, unit: int) -> dict[str, bytes]:
    """Return the values that a device of `family` lets be read, by channel; `unit` is its serial number."""
    if not isinstance(family.link, BleSettings):
        return {}
    values = {
        BATTERY: bytes((_FULL_ENOUGH,)),
        MANUFACTURER: b"SIMULATED",
        MODEL: family.name.encode(),
        SERIAL_NUMBER: f"{unit:04}".encode(),
        plx.FEATURES: _STORES_CHECKS,
        bluetooth_glucose_monitor.SESSION_START: _UNKNOWN_BEGINNING,
    }
    return {channel: values[channel] for channel in family.link.read if channel in values}
