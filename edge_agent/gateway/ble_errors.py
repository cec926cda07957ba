"""What bleak and the stacks below it raise, and how to say it in words."""

from __future__ import annotations

import asyncio

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError
from bleak_retry_connector import BLEAK_RETRY_EXCEPTIONS

from edge_agent.domain.errors import AgentError

BLE_ERRORS = (*BLEAK_RETRY_EXCEPTIONS, OSError, KeyError, AssertionError)
"""What a call into bleak may raise when a device, an adapter or D-Bus goes away under it. The last two are bleak's own
look-ups and assertions about a connection that has just ended."""

_UNAVAILABLE = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: "there is no adapter",
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: "the adapter has no Bluetooth Low Energy",
    BleakBluetoothNotAvailableReason.POWERED_OFF: "powered off",
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: "not permitted by D-Bus",
}
_DBUS = {
    "org.bluez.Error.NotReady": "powered off",
    "org.freedesktop.DBus.Error.ServiceUnknown": "BlueZ does not run",
    "org.freedesktop.DBus.Error.NoReply": "BlueZ does not answer",
}


class NotConnected(AgentError):  # noqa: N818 - an outcome, not a mistake
    """A device could not be connected; the text says why."""


def in_words(error: BaseException) -> str:
    """Return what a person can do something with, and the library's own words where we have none."""
    if isinstance(error.__cause__, BLE_ERRORS):
        error = error.__cause__  # the library that retries wraps what happened in advice for the home
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, BleakBluetoothNotAvailableError):
        return _UNAVAILABLE.get(error.reason, str(error))
    if isinstance(error, BleakDBusError):
        return _DBUS.get(error.dbus_error, str(error))
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return "D-Bus does not run"
    return str(error) or type(error).__name__
