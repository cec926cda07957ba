"""Viatom (Wellue) PC-60FW and OxySmart fingertip oximeters: packets over the Nordic UART service.

Once a second the oximeter sends SpO2, pulse and perfusion with the state of its probe, unasked; pieces of the pleth
and its battery come in packets of their own. Results of its spot mode are taken apart and are no readings: the live
values beside them are. This is no specification of the maker's.

Source: public notes with captured packets, several programs that agree (facts only); devices.md section 4.2.
"""

from __future__ import annotations

from functools import partial

import msgspec
from crccheck.crc import Crc8Maxim

from firmware_bridges import viatom
from firmware_bridges.asking import AskingBridge
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said
from firmware_bridges.vitals import Reason

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

HEAD = b"\xaa\x55"
VALUES, PLETH, SPOT = 0x01, 0x02, 0x21
"""Functions of a packet of kind `OXIMETRY`."""

OXIMETRY, DEVICE = 0x0F, 0xF0
BATTERY = 0x03
"""The function of a packet of kind `DEVICE` that tells the battery, in levels from 0 to 3."""

_PREFIX = 4
_LEAST, _MOST = 2, 32
_VALUES_SIZE, _SPOT_SIZE = 6, 4
_PROBE_OFF, _SEARCHING = 0x02, 0x04
_BEAT = 0x80
_LEVEL_SHIFT = 6
_PI_STEP = 10


class Values(msgspec.Struct, frozen=True):
    """Values as sent: SpO2 in %, pulse in /min, `pi_raw` in 0.1 %, None for no reading; `level` of battery 0 to 3.

    Some models leave the level at 0, so it is told by nobody.
    """

    spo2: int | None
    pulse_rate: int | None
    pi_raw: int | None
    probe_off: bool
    searching: bool
    level: int


class Spot(msgspec.Struct, frozen=True):
    """The state or result of a spot measurement."""

    mode: int
    step: int
    spo2: int | None
    pulse_rate: int | None


class Packet(msgspec.Struct, frozen=True):
    """A packet: its kind and function, and the bytes after them."""

    kind: int
    function: int
    data: bytes


def unpack(data: bytes) -> Packet:
    """Take a packet apart. FrameError: "header", "length" or "crc"."""
    if not data.startswith(HEAD) or len(data) < _PREFIX + _LEAST:
        raise FrameError("header")
    if data[3] != len(data) - _PREFIX:
        raise FrameError("length")
    if Crc8Maxim.calc(data[:-1]) != data[-1]:
        raise FrameError("crc")
    return Packet(data[2], data[_PREFIX], data[_PREFIX + 1 : -1])


def pack(kind: int, function: int, data: bytes) -> bytes:
    """Return a packet as sent."""
    head = HEAD + bytes((kind, len(data) + 2, function)) + data
    return head + bytes((Crc8Maxim.calc(head),))


def parse_values(data: bytes) -> Values:
    """Take the data of `VALUES` apart; FrameError("truncated") if it is too short."""
    if len(data) < _VALUES_SIZE:
        raise FrameError("truncated")
    return Values(
        spo2=viatom.number(data[0]),
        pulse_rate=viatom.number(int.from_bytes(data[1:3], "little")),
        pi_raw=viatom.number(data[3]),
        probe_off=bool(data[4] & _PROBE_OFF),
        searching=bool(data[4] & _SEARCHING),
        level=data[5] >> _LEVEL_SHIFT,
    )


def parse_spot(data: bytes) -> Spot:
    """Take the data of `SPOT` apart; FrameError("truncated") if it is too short."""
    if len(data) < _SPOT_SIZE:
        raise FrameError("truncated")
    return Spot(data[0], data[1], viatom.number(data[2]), viatom.number(data[3]))


def parse_pleth(data: bytes) -> tuple[tuple[int, ...], int | None]:
    """Return the samples of `PLETH` (0 to 127), and which of them is a beat."""
    beat = next((place for place, byte in enumerate(data) if byte & _BEAT), None)
    return tuple(byte & ~_BEAT for byte in data), beat


def interpret(data: bytes, at: int, ordinal: int) -> Said:
    """Judge values by the probe's state; the other packets are no events."""
    packet = unpack(data)
    if (packet.kind, packet.function) != (OXIMETRY, VALUES):
        return Said()
    frame = parse_values(packet.data)
    reasons = [Reason.SENSOR_OFF] if frame.probe_off else []
    reasons += [Reason.SEARCHING] if frame.searching else []
    pi = None if frame.pi_raw is None else frame.pi_raw * _PI_STEP
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate, "perfusion_index": pi}
    return Said(viatom.live(at, ordinal, values, reasons), viatom.status(at, reasons, None))


def _cut(buffer: bytes, start: int) -> int:
    head = buffer[start : start + _PREFIX]
    if not HEAD.startswith(head[:2]) or (len(head) > 2 and head[2] not in (OXIMETRY, DEVICE)):  # noqa: PLR2004 - the kind
        return -1
    if len(head) < _PREFIX:
        return 0
    if not _LEAST <= head[3] <= _MOST:
        return -1
    packet = buffer[start : start + _PREFIX + head[3]]
    if len(packet) < _PREFIX + head[3]:
        return 0
    return len(packet) if Crc8Maxim.calc(packet[:-1]) == packet[-1] else -1


class Encoder:
    """The oximeter's side: one packet of values per sample; perfusion in steps of 0.1 %.

    Says SENSOR_OFF and SEARCHING, and then sends no numbers. What the protocol cannot hold is sent as no reading.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the packet of `sample`; a vital that it lacks is no reading."""
        off, searching = Reason.SENSOR_OFF in sample.conditions, Reason.SEARCHING in sample.conditions
        values = {} if off or searching else sample.values
        rate = min(values.get("pulse_rate", 0), 0xFFFF).to_bytes(2, "little")
        pi = min(values.get("perfusion_index", 0) // _PI_STEP, 0xFF)
        state = (_PROBE_OFF if off else 0) | (_SEARCHING if searching else 0)
        data = bytes((min(values.get("spo2", 0), 0xFF),)) + rate + bytes((pi, state, 3 << _LEVEL_SHIFT))
        return [(NOTIFY, pack(OXIMETRY, VALUES, data))]


FAMILY = Family(
    name="viatom_pc60fw",
    title="Viatom PC-60FW and OxySmart fingertip oximeters",
    devices=("Viatom PC-60FW", "Viatom OxySmart"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY,)),
    check=Check("CRC-8, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=1.0),
    period=1_000_000_000,
    documents=("none of the maker's: public notes with captured packets",),
    bridge=partial(
        AskingBridge, "viatom_pc60fw", interpret, cut=_cut, begins=lambda data: data.startswith(HEAD), channel=NOTIFY
    ),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    conditions=(Reason.SENSOR_OFF, Reason.SEARCHING),
)
