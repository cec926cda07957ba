"""Scales that advertise what they weigh: BTHome, and Xiaomi's own. Nobody connects to them.

A weight that has settled is one measurement, however often it is advertised; while the scale still measures, a number
is an early estimate. The first advert that is heard may be one that was kept by the Bluetooth stack from before: it
only teaches what is not new.

Nothing else that is advertised is a patient's: BTHome and Inkbird say what is measured and not on whom, and room
sensors, meat probes and aquariums advertise a temperature just as a body thermometer would. Xiaomi's body thermometers
are not taken either: the public formula for them gives 36.4 Cel with the thermometer on the table. The pulse of the
S400 is taken through the feet and has no vital here.

Source: BTHome 2 (bthome.io/format, objects 0x06 and 0x07), read by bthome-ble; Xiaomi's formats are not public, read by
xiaomi-ble. devices.md section 4.7.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from firmware_bridges.advert import ADVERT, Message, Value, parse_message
from firmware_bridges.bridge import AdvertSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.units import kilogram_from_pound
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import VITALS, DeviceStatus, Event, Identity, Malformed, Reading, Reason

XIAOMI_SCALES = frozenset(
    {"XMTZC01HM/XMTZC04HM", "XMTZC02HM/XMTZC05HM/NUN4049CN", "MJTZC01YM", "MJTZC02YM", "MJTZC03YM"}
)
"""Models of xiaomi-ble that weigh a person: Mi Smart Scale, Mi Body Composition Scale, S200, S400, S400 Pro."""

_NAME = "advertised_scale"
_SETTLED, _MEASURING, _BATTERY = "mass", "mass_non_stabilized", "battery"
_KILOGRAM, _POUND = "kg", "lb"
_LOW_PERCENT, _MAX_PERCENT = 15, 100
_HEAVIEST = 1000
_LONGEST = 64


class State(msgspec.Struct, tag="advertised-scale/1"):
    """All that is remembered. `last` is the id of the newest advert with a weight; `heard`: there was an advert."""

    family: str = _NAME
    frames: int = 0
    heard: bool = False
    last: str = ""
    identity: tuple[str, str] = ("", "")
    battery: int | None = None


class ScaleBridge:
    """The gateway's side: hears messages, sends nothing."""

    def __init__(self) -> None:
        self._state = State()

    def opened(self, at: int) -> list[Event]:
        """Begin to listen."""
        return self.closed(at)

    def receive(self, channel: str, data: bytes, at: int) -> list[Event]:
        """Return what one advert means."""
        if channel != ADVERT:
            return [Malformed(at, "unknown-channel", len(data))]
        try:
            message = parse_message(data)
            weight = _weight(message)
            return [*self._of_itself(message, at), *self._weighed(message, weight, at)]
        except FrameError as error:
            return [Malformed(at, str(error), len(data))]

    def wake(self, at: int) -> list[Event]:
        """Nothing is ever due."""
        return []

    def closed(self, at: int) -> list[Event]:
        """Forget who was heard, but not which weight was told."""
        self._state = State(frames=self._state.frames, last=self._state.last)
        return []

    def next_deadline(self) -> int | None:
        """Return None: a scale speaks when somebody stands on it."""
        return None

    def snapshot(self) -> bytes:
        """Return the state as MessagePack."""
        return msgspec.msgpack.encode(self._state)

    def restore(self, state: bytes) -> None:
        """Take up a snapshot; ValueError if it is another family's."""
        restored = msgspec.msgpack.decode(state, type=State)
        if restored.family != _NAME:
            raise ValueError(f"a snapshot of {restored.family}, not of {_NAME}")
        self._state = restored

    def _of_itself(self, message: Message, at: int) -> list[Event]:
        """Return what an advert says of its sender, if that is news."""
        state, events = self._state, list[Event]()
        who = (message.maker[:_LONGEST], message.model[:_LONGEST])
        if any(who) and who != state.identity:
            state.identity = who
            events.append(Identity(at, manufacturer=who[0], model=who[1]))
        percent = _percent(message)
        if percent is not None and percent != state.battery:
            state.battery = percent
            events.append(DeviceStatus(at, battery=percent, low_battery=percent <= _LOW_PERCENT))
        return events

    def _weighed(self, message: Message, weight: Reading | None, at: int) -> list[Event]:
        state = self._state
        first, state.heard = not state.heard, True
        if weight is None or message.id == state.last:
            return []
        state.last = message.id[:_LONGEST]
        if first:
            return []
        state.frames += 1
        return [msgspec.structs.replace(weight, at=at, frame=state.frames)]


def _weight(message: Message) -> Reading | None:
    """Return the weight of a person, None if there is none in it. FrameError("bindkey", "number", "unit")."""
    if message.locked:
        raise FrameError("bindkey")
    if not (message.format == "bthome" or (message.format == "xiaomi" and message.model in XIAOMI_SCALES)):
        return None
    settled = message.values.get(_SETTLED)
    sent = settled or message.values.get(_MEASURING)
    kilogram = None if sent is None else _kilogram(sent)
    if not kilogram:
        return None
    reading = Reading(0, 0, "weight", VITALS["weight"].scaled(kilogram))
    return judged(reading, [] if settled else [Reason.EARLY_ESTIMATE])


def _kilogram(value: Value) -> Decimal:
    """Return a mass in kg. FrameError("unit") if it is in something else, ("number") if no scale shows it."""
    number = value.decimal()
    if value.unit not in (_KILOGRAM, _POUND):
        raise FrameError("unit")
    if not 0 <= number < _HEAVIEST:
        raise FrameError("number")
    return kilogram_from_pound(number) if value.unit == _POUND else number


def _percent(message: Message) -> int | None:
    sent = message.values.get(_BATTERY)
    number = None if sent is None else sent.decimal()
    return int(number) if number is not None and 0 <= number <= _MAX_PERCENT else None


class Encoder:
    """The gateway's and the scale's side: the message of one advert per sample, each with an id of its own.

    Says EARLY_ESTIMATE, while the scale measures. Without a weight nobody stands on it.
    """

    def __init__(self) -> None:
        self._sent = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the message of `sample`."""
        self._sent += 1
        name = _MEASURING if Reason.EARLY_ESTIMATE in sample.conditions else _SETTLED
        weight = sample.values.get("weight")
        values = {} if weight is None else {name: Value(str(VITALS["weight"].decimal(weight)), _KILOGRAM)}
        message = Message("bthome", f"{self._sent:016x}", model="BTHome sensor", values=values)
        return [(ADVERT, msgspec.json.encode(message))]


FAMILY = Family(
    name=_NAME,
    title="Scales that advertise (BTHome, Xiaomi)",
    devices=(
        "any BTHome scale",
        "Xiaomi Mi Smart Scale",
        "Xiaomi Mi Body Composition Scale",
        "Xiaomi S200",
        "Xiaomi S400",
    ),
    measures=(Measure("weight", Mode.SPOT),),
    link=AdvertSettings(),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.9),
    period=1_000_000_000,
    documents=("BTHome 2, bthome.io/format", "none of Xiaomi's: the library xiaomi-ble"),
    bridge=ScaleBridge,
    encoder=Encoder,
    resync_frames=1,
    official=False,
    caution="needs the extra `adverts`; whoever stands on it is weighed for the bed it is bound to",
    conditions=(Reason.EARLY_ESTIMATE,),
)
