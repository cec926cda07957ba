"""Any Bluetooth pulse oximeter that measures continuously: characteristic 0x2A5F of service 0x1822.

Spot-check values (0x2A5E) are another family, `bluetooth_pulse_oximeter_spot`, so that one never passes for live data.

Source: Bluetooth Pulse Oximeter Service 1.0.1, PLX Continuous Measurement; devices.md section 3.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges import plx
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, NotificationBridge, uuid
from firmware_bridges.ieee11073 import Number
from firmware_bridges.verdict import conditions
from firmware_bridges.vitals import Reading

CONTINUOUS = uuid(0x2A5F)
"""The channel of the measurement; it notifies about once a second."""

_FAST, _SLOW, _MEASUREMENT, _SENSOR, _PAI = 0x01, 0x02, 0x04, 0x08, 0x10


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: SpO2 in %, pulse in /min, pulse amplitude index in %; None where the flags say absent.

    `fast` and `slow` are (SpO2, pulse) averaged over a shorter and a longer time than the device's normal.
    """

    spo2: Number
    pulse_rate: Number
    fast: tuple[Number, Number] | None
    slow: tuple[Number, Number] | None
    measurement_status: int | None
    sensor_status: int | None
    pai: Number | None


def parse_frame(data: bytes) -> Frame:
    """Take a 0x2A5F value apart; FrameError("truncated") if its flags promise more than there is."""
    fields = Fields(data)
    flags = fields.unsigned(1)
    return Frame(
        spo2=fields.sfloat(),
        pulse_rate=fields.sfloat(),
        fast=(fields.sfloat(), fields.sfloat()) if flags & _FAST else None,
        slow=(fields.sfloat(), fields.sfloat()) if flags & _SLOW else None,
        measurement_status=fields.unsigned(2) if flags & _MEASUREMENT else None,
        sensor_status=fields.unsigned(3) if flags & _SENSOR else None,
        pai=fields.sfloat() if flags & _PAI else None,
    )


def interpret(data: bytes, at: int, ordinal: int) -> Interpretation:
    """Judge a measurement by its normal SpO2 and pulse and every status bit that is set."""
    frame = parse_frame(data)
    found = plx.verdicts(frame.measurement_status, frame.sensor_status)
    stored = bool((frame.measurement_status or 0) & plx.STORED)
    template = Reading(at, ordinal, "", None, stored=stored)
    numbers = plx.Numbers(frame.spo2, frame.pulse_rate, frame.pai)
    return Interpretation(plx.judge(template, numbers, found), conditions(found))


class Encoder:
    """The oximeter's side: one notification per sample, both status words included, the amplitude index if sampled.

    Says every reason in `plx.CONDITIONS`, with the numbers as sampled; a vital that the sample lacks is NaN.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the notification of `sample`."""
        pai = ("perfusion_index",) if "perfusion_index" in sample.values else ()
        flags = _MEASUREMENT | _SENSOR | (_PAI if pai else 0)
        numbers = plx.number_words(sample, "spo2", "pulse_rate")
        status = plx.status_words(sample, plx.ONGOING)
        return [(CONTINUOUS, bytes((flags,)) + numbers + status + plx.number_words(sample, *pai))]


FAMILY = Family(
    name="bluetooth_pulse_oximeter",
    title="Bluetooth pulse oximeters, continuous",
    devices=("any oximeter with the continuous measurement of the Bluetooth Pulse Oximeter service",),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=plx.SERVICE, subscribe=(CONTINUOUS, BATTERY), read=(plx.FEATURES, *READ)),
    announces=("model", "serial"),
    check=Check("CRC-24 of the Bluetooth link layer, checked before us", Strength.STRONG, catches_bit_flips=0.48),
    period=1_000_000_000,
    documents=("Bluetooth Pulse Oximeter Service 1.0.1", "Bluetooth GATT Specification Supplement"),
    bridge=partial(
        NotificationBridge,
        "bluetooth_pulse_oximeter",
        {CONTINUOUS: interpret, plx.FEATURES: plx.interpret_features},
    ),
    encoder=Encoder,
    resync_frames=0,
    conditions=plx.CONDITIONS,
    identity="0x2A25 (device serial number), never a patient",
)
