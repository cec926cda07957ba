"""The contract of a bridge: a protocol as a value, without input or output of its own.

A link (serial port, GATT connection, TCP stream) calls `opened`, `receive`, `wake` and `closed` with the present
time and acts on the events returned; `next_deadline` says when to wake next. Times are integer nanoseconds of one
monotonic clock. A frame's time is the arrival of its last byte; chunks of equal stamps may be cut anywhere without
changing any event. Buffers are bounded.

Sketched against IntelliVue (poll: `wake` returns `Send`, `next_deadline` the next poll; association is state) and a
BLE record store (`opened` returns `Send` to the control point channel, records arrive on another channel with
`stored=True`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

import msgspec

from firmware_bridges.vitals import Event, Reason

SERIAL = "serial"
"""The one channel of a serial line or TCP connection. A BLE channel is the characteristic's UUID in lower case."""


class Bridge(Protocol):
    """The decoder of one device. Never raises on bytes; unknown channels yield `Malformed`."""

    def opened(self, at: int) -> list[Event]:
        """Start a fresh conversation: forget partial frames, return what must be sent first."""

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Take bytes that arrived at `at` and return what they meant."""

    def wake(self, at: int) -> list[Event]:
        """Act on every deadline that is due (now >= deadline). Early calls change nothing."""

    def closed(self, at: int) -> list[Event]:
        """End the conversation: a partial frame is dropped, never completed later."""

    def next_deadline(self) -> int | None:
        """Return the time of the next `wake` in ns, or None."""

    def snapshot(self) -> bytes:
        """Return the whole state, such that `restore` on a new bridge continues byte for byte."""

    def restore(self, state: bytes) -> None:
        """Replace the state by one from `snapshot` of the same family and version."""


class Masker(Protocol):
    """Overwrites identity-bearing bytes, same length, before anybody records them. Stateful: frames may be split."""

    def mask(self, channel: str, data: bytes) -> bytes:
        """Return `data` with identity bytes replaced."""


class Sample(msgspec.Struct, frozen=True):
    """What a simulated device measures at one moment: values by vital code (scaled integers), and its conditions.

    `unit`, from 1, is which of several devices of the family measures: those that say who they are tell it.
    """

    values: dict[str, int] = {}
    conditions: frozenset[Reason] = frozenset()
    device_ms: int = 0
    unit: int = 1


class Encoder(Protocol):
    """The device's side of the protocol: turns samples into the frames a real device would send."""

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return (channel, bytes) of the next frame or frames for `sample`."""


class Mode(str, Enum):
    """`CONTINUOUS` vitals go stale within seconds; `SPOT` ones (cuff, thermometer) have an interval instead."""

    CONTINUOUS = "continuous"
    SPOT = "spot"


class Strength(str, Enum):
    """How well a frame check guards one frame. Below `STRONG`, nothing is raised or cleared on one frame."""

    NONE = "none"
    WEAK = "weak"
    STRONG = "strong"


class Check(msgspec.Struct, frozen=True):
    """A family's frame check: its name, its strength and the share of single flipped bits it must catch (0 to 1)."""

    name: str
    strength: Strength
    catches_bit_flips: float = 0.0


class SerialSettings(msgspec.Struct, frozen=True):
    """Line settings of a serial device. `parity` is N, E or O.

    `alternatives` are other baud rates seen in the field.
    """

    baudrate: int
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1
    rtscts: bool = False
    alternatives: tuple[int, ...] = ()


class BleSettings(msgspec.Struct, frozen=True):
    """GATT service and the channels (characteristic UUIDs) to subscribe to: those absent on a device are skipped."""

    service: str
    subscribe: tuple[str, ...]
    read: tuple[str, ...] = ()


class AdvertSettings(msgspec.Struct, frozen=True):
    """A Bluetooth device that is never connected to: what it advertises is all it says."""


class TcpSettings(msgspec.Struct, frozen=True):
    """The TCP port on which the gateway is called by devices of the family, where nothing else was agreed."""

    port: int


LinkSettings = SerialSettings | BleSettings | AdvertSettings | TcpSettings
"""How a device is reached."""

STREAMS = (SerialSettings, TcpSettings)
"""Links that carry one stream of bytes, which may be cut anywhere; all others carry notifications, each whole."""


class Measure(msgspec.Struct, frozen=True):
    """A vital that a family can deliver, and how."""

    vital: str
    mode: Mode


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the product must know of a device family. `period` is the ns between two frames of a live device.

    `resync_frames`: after garbage, at most this many good frames are lost. `official` is False when the
    specification is not the maker's own: such a family carries that label wherever it is shown. `caution` is what else
    a person must know before believing its values. `identity` says which bytes name a patient or device. `announces`:
    which of "model" and "serial" a device of the family tells, if it has one, at the start of every conversation.
    `conditions`: what its encoder can express of `Sample.conditions`; it ignores the others. `polite`: what its bridge
    sends may be sent to a device of which nobody knows yet what it is: it asks, and sets or erases nothing.
    """

    name: str
    title: str
    devices: tuple[str, ...]
    measures: tuple[Measure, ...]
    link: LinkSettings
    check: Check
    period: int
    documents: tuple[str, ...]
    bridge: Callable[[], Bridge]
    encoder: Callable[[], Encoder]
    resync_frames: int = 1
    official: bool = True
    caution: str = ""
    identity: str = ""
    announces: tuple[str, ...] = ()
    masker: Callable[[], Masker] | None = None
    conditions: tuple[Reason, ...] = ()
    polite: bool = False

    def mode_of(self, vital: str) -> Mode:
        """Return how this family measures `vital`; KeyError if it does not."""
        return {measure.vital: measure.mode for measure in self.measures}[vital]
