"""What the Bluetooth GATT families share: channel names, reading fields in order, and a bridge for notifications.

One notification is one frame; the link layer's CRC-24 has already been checked when it gets here. Layouts: Bluetooth
GATT Specification Supplement, little-endian throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from firmware_bridges.framing import FrameError
from firmware_bridges.ieee11073 import Number, date_time, sfloat
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason


def uuid(short: int) -> str:
    """Return the 128-bit UUID, in lower case, of an assigned 16-bit number: the name of a service or channel."""
    return f"{short:08x}-0000-1000-8000-00805f9b34fb"


BATTERY = uuid(0x2A19)
"""Battery Level, one byte of percent."""

_STRINGS = {uuid(0x2A29): "manufacturer", uuid(0x2A24): "model", uuid(0x2A25): "serial", uuid(0x2A26): "firmware"}

READ = (BATTERY, *_STRINGS)
"""What every GATT device is asked once: its battery and, from Device Information (0x180A), who it is."""

_MAX_STRING = 64
_MAX_PERCENT = 100
_LOW_PERCENT = 15


class Fields:
    """Takes little-endian fields off a characteristic's value, in order. FrameError("truncated") past its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._next = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        field = self._data[self._next : self._next + size]
        if len(field) < size:
            raise FrameError("truncated")
        self._next += size
        return field

    def unsigned(self, size: int) -> int:
        """Return the next `size` bytes as an unsigned integer."""
        return int.from_bytes(self.take(size), "little")

    def sfloat(self) -> Number:
        """Return the next two bytes as an SFLOAT."""
        return sfloat(self.unsigned(2))

    def date_time(self) -> str:
        """Return the next seven bytes as ISO 8601 without zone, "" if unknown."""
        return date_time(self.take(7))

    def left(self) -> int:
        """Return how many bytes are left."""
        return len(self._data) - self._next


class Interpretation(NamedTuple):
    """What one notification means: its readings, and the device's conditions at that moment."""

    readings: list[Reading]
    conditions: tuple[Reason, ...]


Interpret = Callable[[bytes, int, int], Interpretation]
"""(value, arrival in ns, ordinal of the frame) -> meaning. FrameError if the value is no frame."""


class State(msgspec.Struct, tag="gatt/1"):
    """All a GATT bridge remembers. `conditions` is None until the device has told them."""

    family: str
    frames: int = 0
    conditions: tuple[Reason, ...] | None = None
    battery: int | None = None
    identity: dict[str, str] = {}


class NotificationBridge:
    """A bridge for a device whose every notification stands alone; reads battery and identity besides."""

    def __init__(self, family: str, channels: Mapping[str, Interpret]) -> None:
        self._channels = channels
        self._state = State(family)

    def opened(self, at: int) -> list[Event]:
        """Forget what the device said before."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what one notification or read value means."""
        try:
            interpret = self._channels.get(channel)
            if interpret is not None:
                return self._interpret(interpret, data, at)
            if channel == BATTERY:
                return self._battery(data, at)
            if channel in _STRINGS:
                return self._name(_STRINGS[channel], data, at)
        except FrameError as error:
            return [Malformed(at, str(error), len(data))]
        return [Malformed(at, "unknown-channel", len(data))]

    def wake(self, at: int) -> list[Event]:
        """Nothing is ever due."""
        return []

    def closed(self, at: int) -> list[Event]:
        """Forget the device's conditions: there are no partial frames."""
        self._state = State(self._state.family, self._state.frames)
        return []

    def next_deadline(self) -> int | None:
        """Return None: the device notifies unasked."""
        return None

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        if restored.family != self._state.family:
            raise ValueError(f"a snapshot of {restored.family}, not of {self._state.family}")
        self._state = restored

    def _interpret(self, interpret: Interpret, data: bytes, at: int) -> list[Event]:
        state = self._state
        readings, conditions = interpret(data, at, state.frames + 1)
        events: list[Event] = []
        if readings:
            state.frames += 1
            if conditions != state.conditions:
                state.conditions = conditions
                events.append(self._status(at))
        events.extend(readings)
        return events

    def _battery(self, data: bytes, at: int) -> list[Event]:
        percent = Fields(data).unsigned(1)
        if percent > _MAX_PERCENT:
            raise FrameError("battery")
        if percent == self._state.battery:
            return []
        self._state.battery = percent
        return [self._status(at)]

    def _name(self, what: str, data: bytes, at: int) -> list[Event]:
        try:
            text = data[:_MAX_STRING].decode("utf-8").rstrip("\0 ")
        except UnicodeDecodeError as error:
            raise FrameError("text") from error
        if self._state.identity.get(what) == text:
            return []
        self._state.identity = {**self._state.identity, what: text}
        return [Identity(at, **self._state.identity)]

    def _status(self, at: int) -> DeviceStatus:
        battery = self._state.battery
        low = battery is not None and battery <= _LOW_PERCENT
        return DeviceStatus(at, self._state.conditions or (), battery, low)
