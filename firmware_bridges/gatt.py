"""What the Bluetooth GATT families share: channel names, reading fields in order, and a bridge for notifications.

One notification is one frame; the link layer's CRC-24 has already been checked when it gets here. Layouts: Bluetooth
GATT Specification Supplement, little-endian throughout.

Battery, Device Information and the device's clock ride along with every family: what a device has of them is read
once after connecting, before anything is subscribed to. The clock is shown, never believed; it serves for one thing:
when a device stamps a measurement, only its own clock can tell how long ago that was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from firmware_bridges.framing import FrameError
from firmware_bridges.ieee11073 import Number, date_time, float32, sfloat
from firmware_bridges.verdict import from_memory
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason


def uuid(short: int) -> str:
    """Return the 128-bit UUID, in lower case, of an assigned 16-bit number: the name of a service or channel."""
    return f"{short:08x}-0000-1000-8000-00805f9b34fb"


BATTERY = uuid(0x2A19)
"""Battery Level, one byte of percent."""

PNP_ID = uuid(0x2A50)
"""Vendor, product and version as numbers."""

CURRENT_TIME, DATE_TIME = uuid(0x2A2B), uuid(0x2A08)
"""The device's clock: Current Time (date-time, weekday, 1/256 s, why it was adjusted) or the bare date-time."""

_STRINGS = {
    uuid(0x2A29): "manufacturer",
    uuid(0x2A24): "model",
    uuid(0x2A25): "serial",
    uuid(0x2A26): "firmware",
    uuid(0x2A27): "hardware",
    uuid(0x2A28): "software",
}

READ = (BATTERY, *_STRINGS, PNP_ID, CURRENT_TIME, DATE_TIME)
"""What every GATT device is asked once: its battery, who it is (Device Information, 0x180A) and its clock."""

FRESH = 120
"""Seconds between a measurement and its arrival up to which a stamped value counts as measured now.

A cuff that measures by itself connects when it is done; a minute more allows for stamps without seconds.
"""

_MAX_STRING = 64
_MAX_PERCENT = 100
_LOW_PERCENT = 15
_MAX_VALUE = 512
"""Bytes of the longest attribute value (Bluetooth Core 5.4, Volume 3, Part F, 3.2.9)."""
_CURRENT_TIME_SIZE = 10
_PNP_SOURCES = {1: "bluetooth", 2: "usb"}


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

    def signed(self, size: int) -> int:
        """Return the next `size` bytes as a two's complement integer."""
        return int.from_bytes(self.take(size), "little", signed=True)

    def sfloat(self) -> Number:
        """Return the next two bytes as an SFLOAT."""
        return sfloat(self.unsigned(2))

    def float32(self) -> Number:
        """Return the next four bytes as a FLOAT."""
        return float32(self.unsigned(4))

    def date_time(self) -> str:
        """Return the next seven bytes as ISO 8601 without zone, "" if unknown."""
        return date_time(self.take(7))

    def left(self) -> int:
        """Return how many bytes are left."""
        return len(self._data) - self._next


class Interpretation(NamedTuple):
    """What one notification means: its readings, and the device's conditions at that moment.

    `conditions` is None where the value says nothing of the present. `taken` is the device's own stamp of the
    measurement, "" if it stamps without knowing the time, None if it does not stamp: then it measures now. `battery`
    in percent and `low_battery` where the value tells them.
    """

    readings: list[Reading]
    conditions: tuple[Reason, ...] | None
    taken: str | None = None
    battery: int | None = None
    low_battery: bool | None = None


Interpret = Callable[[bytes, int, int], Interpretation]
"""(value, arrival in ns, ordinal of the frame) -> meaning. FrameError if the value is no frame."""

Recall = Callable[[bytes, int, int, Mapping[str, bytes]], Interpretation]
"""As `Interpret`, in the light of what was noted of other channels: the last value by channel."""


class State(msgspec.Struct, tag="gatt/1"):
    """All a GATT bridge remembers. `conditions` is None until the device has told them.

    `clock` is what the device's clock showed at `clock_at` (ns), "" if it was not read or not set; `notes` are the
    last values of the channels that others need to be understood.
    """

    family: str
    frames: int = 0
    conditions: tuple[Reason, ...] | None = None
    battery: int | None = None
    low_battery: bool = False
    identity: dict[str, str] = {}
    clock: str = ""
    clock_at: int = 0
    notes: dict[str, bytes] = {}


class NotificationBridge:
    """A bridge for a device whose every notification stands alone; reads battery, identity and clock besides.

    `channels` are interpreted by themselves; `recalling` ones in the light of the last values of the `noted` ones.
    """

    def __init__(
        self,
        family: str,
        channels: Mapping[str, Interpret],
        *,
        recalling: Mapping[str, Recall] | None = None,
        noted: frozenset[str] = frozenset(),
    ) -> None:
        self._channels = channels
        self._recalling = recalling or {}
        self._noted = noted
        self._state = State(family)

    def opened(self, at: int) -> list[Event]:
        """Forget what the device said before."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what one notification or read value means."""
        try:
            meaning = self._meaning(channel, data, at)
            if meaning is not None:
                return self._events(meaning, at)
            return self._of_itself(channel, data, at)
        except FrameError as error:
            return [Malformed(at, str(error), len(data))]

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

    def _meaning(self, channel: str, data: bytes, at: int) -> Interpretation | None:
        state = self._state
        if channel in self._channels:
            meaning = self._channels[channel](data, at, state.frames + 1)
        elif channel in self._recalling:
            meaning = self._recalling[channel](data, at, state.frames + 1, state.notes)
        else:
            return None
        if channel in self._noted:
            self._note(channel, data)
        return meaning

    def _note(self, channel: str, data: bytes) -> None:
        """Keep the value whole: one cut short would spoil every value that is read in its light."""
        if len(data) > _MAX_VALUE:
            raise FrameError("length")
        self._state.notes = {**self._state.notes, channel: data}

    def _events(self, meaning: Interpretation, at: int) -> list[Event]:
        state = self._state
        readings, conditions = meaning.readings, meaning.conditions
        if meaning.taken is not None and not self._fresh(meaning.taken, at):
            readings, conditions = [from_memory(each) for each in readings], None
        before = state.conditions, state.battery, state.low_battery
        if readings:
            state.frames += 1
            state.conditions = state.conditions if conditions is None else conditions
        state.battery = state.battery if meaning.battery is None else meaning.battery
        state.low_battery = state.low_battery if meaning.low_battery is None else meaning.low_battery
        changed = before != (state.conditions, state.battery, state.low_battery)
        return [self._status(at), *readings] if changed else [*readings]

    def _fresh(self, taken: str, at: int) -> bool:
        """Tell whether a measurement was `taken` within `FRESH` of `at`, by the clock that stamped it."""
        state = self._state
        if not taken or not state.clock:
            return False
        shown, stamped = datetime.fromisoformat(state.clock), datetime.fromisoformat(taken)
        elapsed = (at - state.clock_at) // 1_000_000_000
        return abs((shown - stamped).total_seconds() + elapsed) <= FRESH

    def _of_itself(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what the device says of itself."""
        if channel == BATTERY:
            return self._battery(data, at)
        if channel in _STRINGS:
            return self._name(_STRINGS[channel], _text(data), at)
        if channel == PNP_ID:
            return self._name("pnp", _pnp(data), at)
        if channel in (CURRENT_TIME, DATE_TIME):
            return self._clock(data, at, seven=channel == DATE_TIME)
        return [Malformed(at, "unknown-channel", len(data))]

    def _battery(self, data: bytes, at: int) -> list[Event]:
        percent = Fields(data).unsigned(1)
        if percent > _MAX_PERCENT:
            raise FrameError("battery")
        if percent == self._state.battery:
            return []
        self._state.battery = percent
        return [self._status(at)]

    def _name(self, what: str, text: str, at: int) -> list[Event]:
        if self._state.identity.get(what) == text:
            return []
        self._state.identity = {**self._state.identity, what: text}
        return [Identity(at, **self._state.identity)]

    def _clock(self, data: bytes, at: int, *, seven: bool) -> list[Event]:
        fields = Fields(data)
        shown = fields.date_time()
        if not seven:
            fields.take(_CURRENT_TIME_SIZE - 7)
        self._state.clock, self._state.clock_at = shown, at
        return [self._status(at)]

    def _status(self, at: int) -> DeviceStatus:
        state = self._state
        low = state.low_battery or (state.battery is not None and state.battery <= _LOW_PERCENT)
        return DeviceStatus(at, state.conditions or (), state.battery, low, state.clock)


def _text(data: bytes) -> str:
    try:
        return data[:_MAX_STRING].decode("utf-8").rstrip("\0 ")
    except UnicodeDecodeError as error:
        raise FrameError("text") from error


def _pnp(data: bytes) -> str:
    """Return such as "usb:067b:2303:0100": who numbers the vendors, vendor, product, version, in hexadecimal."""
    fields = Fields(data)
    source = fields.unsigned(1)
    if source not in _PNP_SOURCES:
        raise FrameError("vendor-source")
    return ":".join((_PNP_SOURCES[source], *(f"{fields.unsigned(2):04x}" for _ in range(3))))
