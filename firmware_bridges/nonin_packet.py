"""Nonin data formats 2 and 7: packets of 25 frames of 5 bytes, three packets a second.

Each frame carries a status byte, a sample of the pulse wave (8 bits in format 2, 16 in format 7), one byte of a slow
value and a checksum; which slow value it is tells the frame's place in the packet, and the first frame has the sync
bit. Only whole packets count. Source: Nonin 6470-000-01, pages 8 to 15; devices.md section 2.4.

The oximeter sends each value twice over: for recording, missing as soon as the finger is out, and for display ("-D"),
held for ten seconds after that. Only recording values become readings. Artefact and perfusion bits are set for a
moment at each pulse: what they said holds until the next pulse says otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from firmware_bridges import nonin
from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.framing import Cut, FrameError
from firmware_bridges.talker import Interpret, Said
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import DeviceStatus, Identity, Reading, Reason

FRAMES = 25
"""Frames of a packet."""

FRAME_SIZE = 5
PACKET_SIZE = FRAMES * FRAME_SIZE

PERIOD = 333_333_333
"""Three packets a second, ns between two."""

SYNC, GREEN, RED, ALARM, OUT_OF_TRACK, ARTIFACT, DISCONNECTED = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
"""Bits of the status byte (page 9). Bit 6 is reserved on the 9560 and a disconnected sensor on the OEM III."""

YELLOW = RED | GREEN
"""A pulse of marginal strength sets both bits; one with RED alone is too weak."""

_ALWAYS = 0x80
_FLOAT = 3
_THIRDS = 3
_LOW_BATTERY, _SMARTPOINT = 0x01, 0x20
_PULSE_FRAMES = 12

SENSOR = {
    DISCONNECTED: Reason.SENSOR_DISCONNECTED,
    ALARM: Reason.SENSOR_OFF,
    OUT_OF_TRACK: Reason.SEARCHING,
    ARTIFACT: Reason.ARTEFACT,
    RED: Reason.LOW_PERFUSION,
}
"""What each bit does to the numbers: without pulses to follow ("out of track") the device is looking for them."""

CONDITIONS = tuple(SENSOR.values())
"""What the encoders of both families can express."""


class Layout(NamedTuple):
    """Where the fields of a frame are: `status` follows the `start` bytes, the wave has `wave` bytes."""

    start: bytes
    wave: int

    @property
    def status(self) -> int:
        """Return the place of the status byte."""
        return len(self.start)


class Packet(msgspec.Struct, frozen=True):
    """One packet as sent: rates in /min, SpO2 in %, None where missing; `pleth` without unit, `timer` in 1/3 s.

    `hr` and `spo2` are averages of four beats, `e_` of eight; `_d` are formatted for display; `spo2_fast` follows
    faster, `spo2_b_b` is beat to beat.
    """

    statuses: bytes
    pleth: tuple[int, ...]
    hr: int | None
    spo2: int | None
    firmware_revision: int
    timer: int
    low_battery: bool
    smartpoint: bool
    spo2_d: int | None
    spo2_fast: int | None
    spo2_b_b: int | None
    e_hr: int | None
    e_spo2: int | None
    e_spo2_d: int | None
    hr_d: int | None
    e_hr_d: int | None


def fault(frame: bytes, layout: Layout) -> str:
    """Return what is wrong with five bytes that should be a frame, "" if nothing is."""
    if not frame.startswith(layout.start):
        return "start byte"
    if frame[layout.status] < _ALWAYS:
        return "status byte bit7 not set"
    return "" if sum(frame[:4]) & 0xFF == frame[4] else "checksum"


def cutter(layout: Layout) -> Cut:
    """Return the `Cut` that finds whole packets."""

    def cut(buffer: bytes, start: int) -> int:
        if not _may_begin(buffer[start : start + FRAME_SIZE], layout):
            return -1
        if len(buffer) - start < PACKET_SIZE:
            return 0
        for at in range(start + FRAME_SIZE, start + PACKET_SIZE, FRAME_SIZE):
            frame = buffer[at : at + FRAME_SIZE]
            if frame[layout.status] & SYNC or fault(frame, layout):
                return start - at
        return PACKET_SIZE

    return cut


def _may_begin(frame: bytes, layout: Layout) -> bool:
    """Tell whether up to five bytes are, or may become, the first frame of a packet."""
    if len(frame) == FRAME_SIZE:
        return bool(frame[layout.status] & SYNC) and not fault(frame, layout)
    status = frame[layout.status : layout.status + 1]
    return layout.start.startswith(frame[: layout.status]) and (not status or status[0] >= _ALWAYS)


def parse_packet(data: bytes, layout: Layout) -> Packet:
    """Take a whole packet apart. FrameError: a frame's `fault`, "length", or "implausible" for impossible values."""
    frames = [data[at : at + FRAME_SIZE] for at in range(0, len(data), FRAME_SIZE)]
    if len(data) != PACKET_SIZE:
        raise FrameError("length")
    for frame in frames:
        if why := fault(frame, layout):
            raise FrameError(why)
    wave = slice(layout.status + 1, layout.status + 1 + layout.wave)
    slow = bytes(frame[_FLOAT] for frame in frames)
    return Packet(
        statuses=bytes(frame[layout.status] for frame in frames),
        pleth=tuple(int.from_bytes(frame[wave], "big") for frame in frames),
        hr=_rate(slow, 0),
        spo2=_spo2(slow, 2),
        firmware_revision=slow[3],
        timer=(slow[5] & 0x7F) << 7 | slow[6] & 0x7F,
        low_battery=bool(slow[7] & _LOW_BATTERY),
        smartpoint=bool(slow[7] & _SMARTPOINT),
        spo2_d=_spo2(slow, 8),
        spo2_fast=_spo2(slow, 9),
        spo2_b_b=_spo2(slow, 10),
        e_hr=_rate(slow, 13),
        e_spo2=_spo2(slow, 15),
        e_spo2_d=_spo2(slow, 16),
        hr_d=_rate(slow, 19),
        e_hr_d=_rate(slow, 21),
    )


def _rate(slow: bytes, place: int) -> int | None:
    return nonin.rate((slow[place] & 3) << 7 | slow[place + 1] & 0x7F)


def _spo2(slow: bytes, place: int) -> int | None:
    return nonin.spo2(slow[place] & 0x7F)


def sensor_flags(statuses: bytes, pulse: int) -> tuple[int, int]:
    """Return (bits of `SENSOR` that hold, those to remember) after a packet; `pulse` is what the one before left."""
    said = 0
    for status in statuses:
        said |= status
    if said & (ARTIFACT | YELLOW):
        weak = any(status & YELLOW == RED for status in statuses)
        pulse = said & ARTIFACT | (RED if weak else 0)
    return said & (DISCONNECTED | ALARM | OUT_OF_TRACK) | pulse, pulse


def interpreter(layout: Layout) -> Interpret:
    """Return the `Interpret` of packets of `layout`."""

    def interpret(data: bytes, at: int, ordinal: int, memory: int) -> Said:
        packet = parse_packet(data, layout)
        flags, pulse = sensor_flags(packet.statuses, memory)
        reasons = nonin.reasons(flags, SENSOR)
        time = packet.timer * 1000 // _THIRDS
        template = Reading(at, ordinal, "", None, device_time=f"PT{time // 1000}.{time % 1000:03}S")
        values = {"spo2": packet.spo2, "pulse_rate": packet.hr}
        return Said(
            tuple(
                judged(msgspec.structs.replace(template, vital=vital, value=value), reasons)
                for vital, value in values.items()
            ),
            DeviceStatus(at, reasons, low_battery=packet.low_battery),
            Identity(at, manufacturer="Nonin", firmware=str(packet.firmware_revision)),
            memory=pulse,
        )

    return interpret


class PacketEncoder:
    """The device's side: one packet per sample.

    Says every reason in `CONDITIONS`. While the sensor is off or there is no pulse to follow, the recording values are
    missing and the display values held, as on the device.
    """

    REVISION = 48

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the packet of `sample`; a vital it lacks is sent as missing."""
        flags = nonin.flags(sample, SENSOR)
        lost = Sample() if flags & (DISCONNECTED | ALARM | OUT_OF_TRACK) else sample
        slow = _slow(sample, lost, sample.device_ms * _THIRDS // 1000)
        return [(SERIAL, b"".join(self._frame(place, value, flags) for place, value in enumerate(slow)))]

    def _frame(self, place: int, value: int, flags: int) -> bytes:
        status = _ALWAYS | flags & (DISCONNECTED | ALARM | OUT_OF_TRACK) | (0 if place else SYNC)
        if place < _PULSE_FRAMES:
            status |= flags & ARTIFACT | (RED if flags & RED else GREEN)
        wave = (FRAMES + place).to_bytes(self._layout.wave, "little")
        frame = self._layout.start + bytes((status,)) + wave + bytes((value,))
        return frame + bytes((sum(frame) & 0xFF,))


def _slow(held: Sample, recorded: Sample, timer: int) -> bytes:
    """Return the slow bytes of a packet: display values of `held`, recording values of `recorded`."""
    slow = bytearray(FRAMES)
    slow[3] = PacketEncoder.REVISION
    slow[5:7] = timer >> 7 & 0x7F, timer & 0x7F
    for sample, rates, spo2s in ((recorded, (0, 13), (2, 9, 10, 15)), (held, (19, 21), (8, 16))):
        rate = nonin.rate_field(sample)
        for place in rates:
            slow[place : place + 2] = rate >> 7, rate & 0x7F
        for place in spo2s:
            slow[place] = nonin.spo2_field(sample)
    return bytes(slow)
