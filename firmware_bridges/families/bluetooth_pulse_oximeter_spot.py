"""Any Bluetooth pulse oximeter that checks once and reports: characteristic 0x2A5E of service 0x1822.

A spot check is one finished measurement, possibly of an hour ago: both vitals are `SPOT`, its time is the device's
own word, and a value sent while the measurement goes on is an early estimate until the device calls it validated or
fully qualified. An oximeter whose features say that it keeps its checks is asked for all of them; they are history.

Source: Bluetooth Pulse Oximeter Service 1.0.1, PLX Spot-Check Measurement; devices.md section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from firmware_bridges import plx
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, uuid
from firmware_bridges.ieee11073 import Number
from firmware_bridges.racp import CONTROL
from firmware_bridges.record_store import RecordBridge, Store
from firmware_bridges.verdict import conditions, verdict
from firmware_bridges.vitals import Reading, Reason

SPOT_CHECK = uuid(0x2A5E)
"""The channel of the measurement; the device indicates it when a check is done."""

_TIMESTAMP, _MEASUREMENT, _SENSOR, _PAI, _CLOCK_NOT_SET = 0x01, 0x02, 0x04, 0x08, 0x10


class Frame(msgspec.Struct, frozen=True):
    """One spot check as sent: SpO2 in %, pulse in /min, pulse amplitude index in %; None where the flags say absent.

    `timestamp` is ISO 8601 without zone, "" if absent or unknown; with `device_clock_not_set` it means nothing.
    """

    spo2: Number
    pulse_rate: Number
    timestamp: str
    device_clock_not_set: bool
    measurement_status: int | None
    sensor_status: int | None
    pai: Number | None


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A5E value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    return Frame(
        spo2=fields.sfloat(),
        pulse_rate=fields.sfloat(),
        timestamp=fields.date_time() if flags & _TIMESTAMP else "",
        device_clock_not_set=bool(flags & _CLOCK_NOT_SET),
        measurement_status=fields.unsigned(2) if flags & _MEASUREMENT else None,
        sensor_status=fields.unsigned(3) if flags & _SENSOR else None,
        pai=fields.sfloat() if flags & _PAI else None,
    )


def interpret(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:  # noqa: ARG001 - as every Recall
    """Judge a spot check by every status bit that is set; the device's time is kept unless its clock was never set."""
    frame = parse_frame(data)
    status = frame.measurement_status or 0
    found = plx.verdicts(frame.measurement_status, frame.sensor_status)
    if status & plx.ONGOING and not status & (plx.VALIDATED | plx.QUALIFIED):
        found.append(verdict(Reason.EARLY_ESTIMATE))
    time = "" if frame.device_clock_not_set else frame.timestamp
    template = Reading(at, ordinal, "", None, device_time=time, stored=bool(status & plx.STORED))
    numbers = plx.Numbers(frame.spo2, frame.pulse_rate, frame.pai)
    return Interpretation(plx.judge(template, numbers, found), conditions(found))


class Encoder:
    """The oximeter's side: one indication per sample, both status words included, the amplitude index if sampled.

    Says every reason in `plx.CONDITIONS`, with the numbers as sampled; a vital that the sample lacks is NaN.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the indication of `sample`, a validated measurement without a timestamp."""
        pai = ("perfusion_index",) if "perfusion_index" in sample.values else ()
        flags = _MEASUREMENT | _SENSOR | (_PAI if pai else 0)
        numbers = plx.number_words(sample, "spo2", "pulse_rate")
        status = plx.status_words(sample, plx.VALIDATED)
        return [(SPOT_CHECK, bytes((flags,)) + numbers + status + plx.number_words(sample, *pai))]


FAMILY = Family(
    name="bluetooth_pulse_oximeter_spot",
    title="Bluetooth pulse oximeters, spot check",
    devices=("any oximeter with the spot-check measurement of the Bluetooth Pulse Oximeter service",),
    measures=(
        Measure("spo2", Mode.SPOT),
        Measure("pulse_rate", Mode.SPOT),
        Measure("perfusion_index", Mode.SPOT),
    ),
    link=BleSettings(service=plx.SERVICE, subscribe=(SPOT_CHECK, CONTROL, BATTERY), read=(plx.FEATURES, *READ)),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.48),
    period=4 * 3600 * 1_000_000_000,
    documents=("Bluetooth Pulse Oximeter Service 1.0.1", "Bluetooth GATT Specification Supplement"),
    bridge=partial(
        RecordBridge,
        "bluetooth_pulse_oximeter_spot",
        Store(records=SPOT_CHECK, announced_by=plx.FEATURES, announces=plx.keeps_checks),
        {plx.FEATURES: plx.interpret_features},
        {SPOT_CHECK: interpret},
    ),
    encoder=Encoder,
    resync_frames=0,
    conditions=plx.CONDITIONS,
    identity="0x2A25 (device serial number), never a patient",
)
