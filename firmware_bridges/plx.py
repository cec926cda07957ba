"""What the two Bluetooth pulse oximeter families share: features, status bits and how they are judged.

Source: Bluetooth Pulse Oximeter Service 1.0.1 and GATT Specification Supplement (measurement status, device and
sensor status); meanings of the bits from ISO/IEEE 11073-10404; devices.md section 3.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from firmware_bridges.bridge import Sample
from firmware_bridges.gatt import Fields, Interpretation, uuid
from firmware_bridges.ieee11073 import Number, finite, to_sfloat
from firmware_bridges.verdict import Verdict, verdict, worst
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity

SERVICE = uuid(0x1822)
"""The Pulse Oximeter service."""

FEATURES = uuid(0x2A60)
"""PLX Features: which status bits this device can set."""

ONGOING, EARLY, VALIDATED, QUALIFIED, STORED = 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9
"""Bits of the measurement status that the families look at themselves."""

MEASUREMENT_STATUS: dict[int, Verdict] = {
    15: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    13: verdict(Reason.NOT_AVAILABLE),
    10: verdict(Reason.DEMO),
    11: verdict(Reason.TEST),
    12: verdict(Reason.CALIBRATING),
    9: verdict(Reason.STORED),
    14: verdict(Reason.QUESTIONED_BY_DEVICE),
    6: verdict(Reason.EARLY_ESTIMATE),
}
"""What a bit of the measurement status does to a number. Of equals the first is named."""

SENSOR_STATUS: dict[int, Verdict] = {
    15: verdict(Reason.SENSOR_DISCONNECTED),
    11: verdict(Reason.SENSOR_OFF),
    13: verdict(Reason.SENSOR_OFF),
    1: verdict(Reason.MALFUNCTION),
    14: verdict(Reason.MALFUNCTION),
    12: verdict(Reason.MALFUNCTION),
    7: verdict(Reason.SEARCHING),
    9: verdict(Reason.SEARCHING),
    0: verdict(Reason.HELD),
    3: (Validity.INVALID, Reason.WEAK_SIGNAL),
    4: verdict(Reason.WEAK_SIGNAL),
    5: verdict(Reason.LOW_PERFUSION),
    2: verdict(Reason.ARTEFACT),
    6: verdict(Reason.ARTEFACT),
    10: verdict(Reason.ARTEFACT),
    8: verdict(Reason.QUESTIONED_BY_DEVICE),
}
"""What a bit of the device and sensor status does to a number. Bits 16 to 23 are reserved and ignored.

Inadequate signal (3) means no measurement, poor signal (4) a doubtful one; no pulsation (7) and analysis ongoing (9)
are a device looking for a pulse; an extended display update (0) repeats an older number; an unknown sensor (12)
cannot be trusted.
"""

_STORES_CHECKS = 1 << 2
_SENSOR_BITS = {reason: bit for bit, (_, reason) in reversed(SENSOR_STATUS.items())}
_MEASUREMENT_BITS = {reason: bit for bit, (_, reason) in reversed(MEASUREMENT_STATUS.items())}

CONDITIONS = tuple(reason for reason in Reason if reason in _SENSOR_BITS or reason in _MEASUREMENT_BITS)
"""What the encoders of both families can express."""


class Features(msgspec.Struct, frozen=True):
    """0x2A60 as sent: bit words, the two supports None where bits 0 and 1 of the features say they are absent."""

    features: int
    measurement_status_support: int | None
    sensor_status_support: int | None


class Numbers(msgspec.Struct, frozen=True):
    """What a notification says of the patient: SpO2 and pulse amplitude index in %, pulse in /min; None: not sent."""

    spo2: Number
    pulse_rate: Number
    pai: Number | None


def parse_features(data: bytes) -> Features:
    """Take a 0x2A60 value apart; FrameError("truncated") if its bits promise more than there is."""
    fields = Fields(data)
    features = fields.unsigned(2)
    measurement = fields.unsigned(2) if features & 1 else None
    return Features(features, measurement, fields.unsigned(3) if features & 2 else None)


def interpret_features(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check a 0x2A60 value. It is read so that a recording shows what the device can say; it means no event."""
    parse_features(data)
    return Interpretation([], ())


def keeps_checks(data: bytes) -> bool:
    """Tell whether a 0x2A60 value says that spot checks are stored: bit 2 of the features."""
    return bool(parse_features(data).features & _STORES_CHECKS)


def verdicts(measurement: int | None, sensor: int | None) -> list[Verdict]:
    """Return what each bit that is set does to the numbers, sensor first; an absent status says nothing."""
    return [each for bit, each in SENSOR_STATUS.items() if (sensor or 0) >> bit & 1] + [
        each for bit, each in MEASUREMENT_STATUS.items() if (measurement or 0) >> bit & 1
    ]


def judge(template: Reading, numbers: Numbers, found: list[Verdict]) -> list[Reading]:
    """Return the readings of one notification: `template` with each vital's value and the worst of `found`.

    A special SFLOAT is no value, and never more than invalid.
    """
    sent = {"spo2": numbers.spo2, "pulse_rate": numbers.pulse_rate}
    if numbers.pai is not None:
        sent["perfusion_index"] = numbers.pai
    return [_reading(template, vital, finite(number), worst(found)) for vital, number in sent.items()]


def _reading(template: Reading, vital: str, number: Decimal | None, judged: Verdict) -> Reading:
    if number is None and judged[0] is not Validity.INVALID:
        judged = verdict(Reason.NOT_AVAILABLE)
    value = None if number is None else VITALS[vital].scaled(number)
    validity, reason = judged
    return msgspec.structs.replace(template, vital=vital, value=value, validity=validity, reason=reason)


def status_words(sample: Sample, measurement: int) -> bytes:
    """Return the five bytes of both status words that say the conditions of `sample`; `measurement` is set besides."""
    sensor = 0
    for reason in sample.conditions:
        if reason in _SENSOR_BITS:
            sensor |= 1 << _SENSOR_BITS[reason]
        elif reason in _MEASUREMENT_BITS:
            measurement |= 1 << _MEASUREMENT_BITS[reason]
    return measurement.to_bytes(2, "little") + sensor.to_bytes(3, "little")


def number_words(sample: Sample, *vitals: str) -> bytes:
    """Return the SFLOATs of `vitals`, NaN where the sample lacks one."""
    return b"".join(to_sfloat(_decimal(sample, vital)).to_bytes(2, "little") for vital in vitals)


def _decimal(sample: Sample, vital: str) -> Decimal | None:
    value = sample.values.get(vital)
    return None if value is None else VITALS[vital].decimal(value)
