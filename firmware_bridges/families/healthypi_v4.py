"""ProtoCentral HealthyPi v4: an open board for teaching and research; 125 packets a second over USB.

0A FA, length (little-endian), type, payload, 00 0B. Of a packet of type 2 the rates and SpO2 are taken. Its blood
pressure is 80 over 120 in every packet there is, a constant in the firmware; its temperature is the probe's, on a body
or on a table. The lead status is that of the ECG's chip: any of its five bits means a lead is off, and the rates stand
still then. A rate of 0 is one that was not computed yet, SpO2 0 one that could not be. There is no checksum: five
packets in a row must be well formed before the last counts.

The boards v5 and 6 say nothing of their leads, so their rates cannot be told from held ones: they are not supported.

Source: the firmware, protocentral/protocentral_healthypi_v4 (facts only), which is all the specification there is;
devices.md section 2.12. No recording of a real board was at hand.
"""

from __future__ import annotations

import struct
from functools import partial

import msgspec

from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import conditions, judged
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

SETTLE = 5
"""Well-formed packets in a row before the last of them counts: 40 ms."""

HEAD, TAIL = b"\x0a\xfa\x14\x00\x02", b"\x00\x0b"
"""What a packet of type 2 with a payload of 20 bytes begins and ends with."""

LEADS_OFF = 0x1F
"""Bits of the lead status: ADS1292R, LOFF_STAT."""

_PAYLOAD = struct.Struct("<hhiihBBBBBB")
_SIZE = len(HEAD) + _PAYLOAD.size + len(TAIL)
_MAX_SPO2, _MAX_BYTE = 100, 255
_SYSTOLIC, _DIASTOLIC = 80, 120  # as the firmware sends them, in this order


class Frame(msgspec.Struct, frozen=True):
    """A packet as sent: temperature in 0.01 Cel, rates in /min, SpO2 in %; `lead_status` of the ECG's chip."""

    ecg: int
    respiration: int
    infrared: int
    red: int
    temperature: int
    respiratory_rate: int
    spo2: int
    heart_rate: int
    systolic: int
    diastolic: int
    lead_status: int


def cut(buffer: bytes, start: int) -> int:
    """Find a packet of type 2: the `Cut` of the family."""
    if not HEAD.startswith(buffer[start : start + len(HEAD)]):
        return -1
    if len(buffer) - start < _SIZE:
        return 0
    return _SIZE if buffer[start + _SIZE - len(TAIL) : start + _SIZE] == TAIL else -1


def parse_frame(data: bytes) -> Frame:
    """Take a packet apart. FrameError: "packet", or "implausible" for an SpO2 over 100 %."""
    if len(data) != _SIZE or not data.startswith(HEAD) or not data.endswith(TAIL):
        raise FrameError("packet")
    frame = Frame(*_PAYLOAD.unpack_from(data, len(HEAD)))
    if frame.spo2 > _MAX_SPO2:
        raise FrameError("implausible")
    return frame


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge the rates by the leads, and each number by itself."""
    frame = parse_frame(data)
    off = [Reason.SENSOR_OFF] if frame.lead_status & LEADS_OFF else []
    found = (
        judged(Reading(at, ordinal, "heart_rate", frame.heart_rate or None), off),
        judged(Reading(at, ordinal, "respiratory_rate", frame.respiratory_rate or None), off),
        judged(Reading(at, ordinal, "spo2", frame.spo2 or None), []),
    )
    return Said(found, DeviceStatus(at, conditions((each.validity, each.reason) for each in found)))


class Encoder:
    """The board's side: one packet per sample, without waves; a vital that the sample lacks is 0.

    Says NOT_AVAILABLE, as 0 everywhere. With its sensors off the leads say so and SpO2 is 0.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the packet of `sample`."""
        off = Reason.SENSOR_OFF in sample.conditions
        values = {} if Reason.NOT_AVAILABLE in sample.conditions else sample.values
        breath, heart = (_byte(values.get(vital, 0)) for vital in ("respiratory_rate", "heart_rate"))
        spo2 = 0 if off else values.get("spo2", 0)
        lead_status = LEADS_OFF if off else 0
        payload = _PAYLOAD.pack(0, 0, 0, 0, 0, breath, spo2, heart, _SYSTOLIC, _DIASTOLIC, lead_status)
        return [(SERIAL, HEAD + payload + TAIL)]


def _byte(value: int) -> int:
    return value if value <= _MAX_BYTE else 0


FAMILY = Family(
    name="healthypi_v4",
    title="ProtoCentral HealthyPi v4",
    devices=("HealthyPi v4",),
    measures=(
        Measure("heart_rate", Mode.CONTINUOUS),
        Measure("respiratory_rate", Mode.CONTINUOUS),
        Measure("spo2", Mode.CONTINUOUS),
    ),
    link=SerialSettings(baudrate=115200, alternatives=(57600,)),
    check=Check("form of the packet, no checksum", Strength.NONE, catches_bit_flips=0.88),
    period=8_000_000,
    documents=("the board's firmware, protocentral_healthypi_v4",),
    bridge=partial(TalkerBridge, "healthypi_v4", cut, interpret, settle=SETTLE),
    encoder=Encoder,
    resync_frames=SETTLE - 1,
    official=False,
    caution="a board for teaching and research, no medical device; a heart that stands still reads as no value",
    conditions=(Reason.NOT_AVAILABLE,),
)
