"""Nonin oximeters in data format 8: four bytes a second.

A frame is a byte with bit 7 set and three with it clear, without a checksum: three in a row must be well formed before
the first counts. Its values are formatted for display: the device holds them for ten seconds after the finger was
withdrawn, with the sensor alarm set, so they count only while that is clear.

Source: Nonin 6470-000-01, pages 16 and 17; devices.md section 2.4.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges import nonin
from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

FORMAT = 8
"""The number of the data format."""

SETTLE = 3
"""Well-formed frames in a row before the third of them counts: four sync bits alone come about by chance."""

_SIZE = 4
_SYNC_BIT = 0x80
_OUT_OF_TRACK, _LOW_PERFUSION, _MARGINAL, _ARTIFACT = 0x20, 0x10, 0x08, 0x04
_SMARTPOINT, _ALARM, _LOW_BATTERY = 0x20, 0x08, 0x01


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame as sent: `pulse_rate` in /min, `spo2` in %, None where missing."""

    out_of_track: bool
    low_perfusion: bool
    marginal_perfusion: bool
    artifact: bool
    pulse_rate: int | None
    spo2: int | None
    smartpoint: bool
    sensor_alarm: bool
    low_battery: bool


def parse_frame(data: bytes) -> Frame:
    """Take a frame apart. FrameError: "sync bits", or "implausible" for SpO2 over 100 % or pulse over 321 /min."""
    if len(data) != _SIZE or data[0] < _SYNC_BIT or max(data[1:]) >= _SYNC_BIT:
        raise FrameError("sync bits")
    status, rate, spo2, status2 = data
    return Frame(
        out_of_track=bool(status & _OUT_OF_TRACK),
        low_perfusion=bool(status & _LOW_PERFUSION),
        marginal_perfusion=bool(status & _MARGINAL),
        artifact=bool(status & _ARTIFACT),
        pulse_rate=nonin.rate((status & 3) << 7 | rate),
        spo2=nonin.spo2(spo2),
        smartpoint=bool(status2 & _SMARTPOINT),
        sensor_alarm=bool(status2 & _ALARM),
        low_battery=bool(status2 & _LOW_BATTERY),
    )


def conditions(frame: Frame) -> tuple[Reason, ...]:
    """Return what the device says of its sensor, the worst first. A marginal pulse is still one to measure by."""
    said = {
        Reason.SENSOR_OFF: frame.sensor_alarm,
        Reason.SEARCHING: frame.out_of_track,
        Reason.ARTEFACT: frame.artifact,
        Reason.LOW_PERFUSION: frame.low_perfusion,
    }
    return tuple(reason for reason, present in said.items() if present)


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge the numbers of a frame by its own status bits."""
    frame = parse_frame(data)
    reasons = conditions(frame)
    return Said(
        (
            judged(Reading(at, ordinal, "spo2", frame.spo2), reasons),
            judged(Reading(at, ordinal, "pulse_rate", frame.pulse_rate), reasons),
        ),
        DeviceStatus(at, reasons, low_battery=frame.low_battery),
    )


def _cut(buffer: bytes, start: int) -> int:
    if buffer[start] < _SYNC_BIT:
        return -1
    rest = buffer[start + 1 : start + _SIZE]
    if not rest or max(rest) < _SYNC_BIT:
        return _SIZE if len(rest) == _SIZE - 1 else 0
    return -1 - next(index for index, byte in enumerate(rest) if byte >= _SYNC_BIT)


class Encoder:
    """The device's side: one frame per sample.

    Says SENSOR_OFF, SEARCHING (out of track), ARTEFACT and LOW_PERFUSION, with the numbers held, as on the device.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`; a vital it lacks is sent as missing."""
        rate = nonin.rate_field(sample)
        status = _SYNC_BIT | rate >> 7
        status |= _OUT_OF_TRACK if Reason.SEARCHING in sample.conditions else 0
        status |= _ARTIFACT if Reason.ARTEFACT in sample.conditions else 0
        status |= _LOW_PERFUSION if Reason.LOW_PERFUSION in sample.conditions else 0
        status2 = _ALARM if Reason.SENSOR_OFF in sample.conditions else 0
        return [(SERIAL, bytes((status, rate & 0x7F, nonin.spo2_field(sample), status2)))]


FAMILY = Family(
    name="nonin_df8",
    title="Nonin oximeters, data format 8",
    devices=("Xpod", "OEM III", "Onyx II 9560", "WristOx2 3150 (serial port profile)"),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=nonin.LINK,
    check=Check("sync bits and ranges, no checksum", Strength.NONE, catches_bit_flips=0.5),
    period=1_000_000_000,
    documents=nonin.DOCUMENTS,
    bridge=partial(TalkerBridge, "nonin_df8", _cut, interpret, settle=SETTLE, prompt=nonin.prompt(FORMAT)),
    encoder=Encoder,
    resync_frames=SETTLE,
    conditions=(Reason.SENSOR_OFF, Reason.SEARCHING, Reason.ARTEFACT, Reason.LOW_PERFUSION),
)
