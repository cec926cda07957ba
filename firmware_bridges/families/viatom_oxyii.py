"""Viatom (Wellue) O2Ring-S: the newer "OxyII" protocol of the wearable oximeters.

A handshake that is not answered, a set-up, then live values every second when asked. The handshake's payload is made
of the MD5 of a fixed word and a clock that two public sources found unchecked: it is sent as 0, since a bridge has no
clock, and the ring's clock is left alone. Newer firmware answers the handshake with a key and encrypts from then on:
that is not supported, and told as "encrypted". Byte 7 of the live values is read as perfusion by one source and as
motion by another, so it is not used. This is no specification of the maker's.

Source: three public write-ups and programs that agree on what is used here (facts only); devices.md section 4.2.
"""

from __future__ import annotations

import hashlib
from functools import partial

import msgspec

from firmware_bridges import viatom
from firmware_bridges.asking import Asking, AskingBridge
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said
from firmware_bridges.vitals import Identity, Reason, Send

SERVICE = "e8fb0001-a14b-98f9-831b-4e2941d01248"
WRITE = "e8fb0002-a14b-98f9-831b-4e2941d01248"
NOTIFY = "e8fb0003-a14b-98f9-831b-4e2941d01248"

LIVE, SETUP, INFO, HANDSHAKE = 0x04, 0x10, 0xE1, 0xFF
"""The commands that are sent, and no others: E3 and EE would wipe the ring."""

LEAD = 0xA5
HOST, DEVICE = 0, 1
"""Flags: who sent a packet."""

PERIOD = 1_000_000_000
"""Between two questions for live values, ns."""

_WORD = b"lepucloud"
_SERIAL = b"0000"
_LIVE_SIZE = 14
_CONTACT, _SPO2, _RATE, _BATTERY = 5, 6, 8, 13
_FIRMWARE = slice(9, 17)
_SERIAL_LENGTH = 37
_SEQUENCES = 256
_WORN = 1
_PERCENT = 85


class Live(msgspec.Struct, frozen=True):
    """Live values as sent: `state` 0 is no finger, SpO2 in %, pulse in /min, None for no reading, `battery` in %."""

    state: int
    spo2: int | None
    pulse_rate: int | None
    battery: int


def command(code: int, payload: bytes = b"", sequence: int = 0) -> bytes:
    """Return a command as sent."""
    return viatom.pack(LEAD, code, bytes((HOST, sequence)), payload)


def handshake() -> bytes:
    """Return the payload of the handshake with the serial number and the time that every ring takes."""
    word = hashlib.md5(_WORD, usedforsecurity=False).digest()
    key = word[::2] + _SERIAL + bytes(4)
    return bytes(one ^ other for one, other in zip(key, word, strict=True))


def parse_live(payload: bytes) -> Live:
    """Take the payload of live values apart; FrameError("truncated") if it is too short."""
    if len(payload) < _LIVE_SIZE:
        raise FrameError("truncated")
    return Live(payload[_CONTACT], viatom.number(payload[_SPO2]), viatom.number(payload[_RATE]), payload[_BATTERY])


def interpret(data: bytes, at: int, ordinal: int) -> Said:
    """Judge live values by the contact byte; read who the ring is. FrameError("encrypted") if it answers with a key."""
    packet = viatom.unpack(data)
    if packet.code == HANDSHAKE:
        raise FrameError("encrypted")
    if packet.code == INFO:
        return Said(identity=_identity(packet.payload, at))
    if packet.code != LIVE:
        return Said()
    frame = parse_live(packet.payload)
    reasons = [] if frame.state else [Reason.SENSOR_OFF]
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate}
    return Said(viatom.live(at, ordinal, values, reasons), viatom.status(at, reasons, frame.battery))


def _identity(payload: bytes, at: int) -> Identity:
    if len(payload) <= _SERIAL_LENGTH:
        raise FrameError("truncated")
    start = _SERIAL_LENGTH + 1
    serial = payload[start : start + payload[_SERIAL_LENGTH]]
    return Identity(at, "Viatom", "O2Ring-S", _text(serial), _text(payload[_FIRMWARE]))


def _text(data: bytes) -> str:
    text = data.rstrip(b"\0 ").decode("latin-1")
    return text if text.isascii() and text.isprintable() else data.hex()


class Encoder:
    """The ring's side: the reply to one question for live values per sample. Says SENSOR_OFF, then without numbers."""

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the reply with the values of `sample`; a vital that it lacks, or over 254, is no reading."""
        off = Reason.SENSOR_OFF in sample.conditions
        values = {} if off else sample.values
        live = bytearray(24)
        live[_CONTACT] = 0 if off else _WORN
        live[_SPO2] = min(values.get("spo2", 0), 0xFF)
        live[_RATE] = min(values.get("pulse_rate", 0), 0xFF)
        live[_BATTERY] = _PERCENT
        return [(NOTIFY, viatom.pack(LEAD, LIVE, bytes((DEVICE, 0)), bytes(live)))]


_FIRST = ((HANDSHAKE, handshake()), (SETUP, b"\0"), (INFO, b""))

FAMILY = Family(
    name="viatom_oxyii",
    announces=("model", "serial"),
    title="Viatom O2Ring-S (OxyII protocol)",
    devices=("Wellue O2Ring-S (T8520)",),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY,)),
    check=Check("CRC-8, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=1.0),
    period=PERIOD,
    documents=("none of the maker's: independent public programs that agree",),
    bridge=partial(
        AskingBridge,
        "viatom_oxyii",
        interpret,
        cut=viatom.cut(LEAD),
        begins=viatom.begins(LEAD),
        channel=NOTIFY,
        asking=Asking(
            tuple(Send(WRITE, command(code, payload, place)) for place, (code, payload) in enumerate(_FIRST)),
            tuple((Send(WRITE, command(LIVE, b"", sequence)),) for sequence in range(_SEQUENCES)),
            PERIOD,
        ),
    ),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    caution="a wellness sensor; rings whose firmware encrypts are not supported",
    conditions=(Reason.SENSOR_OFF,),
    identity="the ring's serial number, never a patient",
)
