"""Any Bluetooth continuous glucose monitor: characteristic 0x2AA7 of service 0x181F.

The sensor lies in the tissue and measures every few minutes. One notification may hold several records: the last one
is measured now, those before it were held back and are history, as is everything that was asked for. Records are
counted in minutes since the session began; a monitor is asked for them once it has said when that was.

Each record may end in a CRC-16 from the sensor itself. Whether it does, the features say (0x2AA8); until they have
been read, the record's own size says it.

Source: Bluetooth Continuous Glucose Monitoring Service 1.0.2 and GATT Specification Supplement, CGM Measurement, CGM
Feature and CGM Session Start Time; devices.md section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

import msgspec
from crccheck.crc import Crc16Mcrf4Xx

from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import BATTERY, READ, Fields, Interpretation, uuid
from firmware_bridges.glucose import INTERSTITIAL, LOCATIONS, is_control, nibbles, sfloat_word
from firmware_bridges.ieee11073 import Number, date_time, finite
from firmware_bridges.racp import CONTROL
from firmware_bridges.record_store import RecordBridge, Store
from firmware_bridges.verdict import Verdict, conditions, from_memory, verdict, worst
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity

MEASUREMENT, FEATURES, SESSION_START = uuid(0x2AA7), uuid(0x2AA8), uuid(0x2AAA)
"""The channels of the records, of what the monitor can do, and of when the session began."""

LOW_BATTERY = 1
"""A bit of the status that does nothing to the number."""

_INVALID_BY_DEVICE: Verdict = (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE)
STATUS: dict[int, Verdict] = {
    0: verdict(Reason.NOT_AVAILABLE),
    3: verdict(Reason.MALFUNCTION),
    2: verdict(Reason.MALFUNCTION),
    5: verdict(Reason.MALFUNCTION),
    22: (Validity.INVALID, Reason.OUT_OF_RANGE),
    23: (Validity.INVALID, Reason.OUT_OF_RANGE),
    12: _INVALID_BY_DEVICE,
    13: _INVALID_BY_DEVICE,
    11: verdict(Reason.QUESTIONED_BY_DEVICE),
}
"""What a bit of the status (bits 0 to 7), calibration (8 to 15) and warning octet (16 to 23) does to the number.

0 session stopped, 3 sensor malfunction, 2 sensor of the wrong type, 5 general fault; result 22 lower and 23 higher
than the monitor can process; 12 too hot and 13 too cold to measure; 11 calibration required. The others (the patient's
own limits, calibration recommended, the clock) leave it alone.
"""

_TREND, _QUALITY = 0x01, 0x02
_OCTETS = ((0x80, 0), (0x40, 8), (0x20, 16))
_LEAST_SIZE = 6
_CRC_SIZE = 2
_CRC_SUPPORTED = 1 << 12
_DATE_TIME_SIZE, _ZONE_SIZE = 7, 2
_NO_CRC = 0xFFFF
_BITS = {
    Reason.NOT_AVAILABLE: 1 << 0,
    Reason.MALFUNCTION: 1 << 3,
    Reason.QUESTIONED_BY_DEVICE: 1 << 11,
    Reason.OUT_OF_RANGE: 1 << 23,
}
_MINUTES = 5


class Record(msgspec.Struct, frozen=True):
    """One record as sent: `glucose` in mg/dL, `time_offset` in min, `trend` in mg/dL/min, `quality` in %.

    `octets` are those of status, calibration and warning that the flags announce, `status` their bits by the numbers
    of `STATUS`. None where the flags say absent, `crc` None where there is none.
    """

    glucose: Number
    time_offset: int
    octets: bytes
    status: int
    trend: Number | None
    quality: Number | None
    crc: int | None


class Features(msgspec.Struct, frozen=True):
    """0x2AA8 as sent: bits of what is supported, type and location of the sample, whether records bear a CRC."""

    supported: int
    type: int
    location: int
    crc: bool


def crc16(data: bytes) -> int:
    """Return the E2E-CRC of `data`: CRC-16/MCRF4XX."""
    return int(Crc16Mcrf4Xx.calc(data))


def parse_records(data: bytes, crc: bool | None = None) -> list[Record]:  # noqa: FBT001 - three answers, not a switch
    """Take a 0x2AA7 value apart. `crc` says whether records bear one, None: their sizes tell.

    FrameError unless each record is as long as it says and as its flags say, and its CRC is right.
    """
    records: list[Record] = []
    rest = data
    while rest or not records:
        size = Fields(rest).unsigned(1)
        if size < _LEAST_SIZE:
            raise FrameError("size")
        records.append(_record(Fields(rest).take(size), crc))
        rest = rest[size:]
    return records


def _record(data: bytes, crc: bool | None) -> Record:  # noqa: FBT001 - as in parse_records
    present = [shift for flag, shift in _OCTETS if data[1] & flag]
    size = _LEAST_SIZE + len(present) + 2 * bool(data[1] & _TREND) + 2 * bool(data[1] & _QUALITY)
    bears = len(data) == size + _CRC_SIZE
    if not (bears or len(data) == size) or crc not in (None, bears):
        raise FrameError("size")
    if bears:
        _check(data)
    fields = Fields(data[2:])
    glucose, offset, octets = fields.sfloat(), fields.unsigned(2), fields.take(len(present))
    return Record(
        glucose,
        offset,
        octets,
        status=sum(octet << shift for octet, shift in zip(octets, present, strict=True)),
        trend=fields.sfloat() if data[1] & _TREND else None,
        quality=fields.sfloat() if data[1] & _QUALITY else None,
        crc=fields.unsigned(2) if bears else None,
    )


def _check(data: bytes) -> None:
    if crc16(data[:-_CRC_SIZE]) != int.from_bytes(data[-_CRC_SIZE:], "little"):
        raise FrameError("crc")


def parse_features(data: bytes) -> Features:
    """Take a 0x2AA8 value apart; FrameError unless it is six bytes and ends in its CRC, or in FFFF if it has none."""
    fields = Fields(data)
    supported, sample, end = fields.unsigned(3), fields.unsigned(1), fields.unsigned(_CRC_SIZE)
    bears = bool(supported & _CRC_SUPPORTED)
    if fields.left():
        raise FrameError("size")
    if bears:
        _check(data)
    elif end != _NO_CRC:
        raise FrameError("crc")
    return Features(supported, *nibbles(sample), crc=bears)


def parse_session_start(data: bytes, *, crc: bool) -> str:
    """Return when a 0x2AAA value says the session began, by the sensor's clock; FrameError as for the features."""
    size = _DATE_TIME_SIZE + _ZONE_SIZE + (_CRC_SIZE if crc else 0)
    value = Fields(data).take(size)
    if crc:
        _check(value)
    return date_time(value[:_DATE_TIME_SIZE])


def interpret(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:
    """Judge each record; all but the last are history."""
    features = _features(notes)
    site = LOCATIONS.get(features.location, "") if features else ""
    template = Reading(at, ordinal, "glucose_interstitial", None, site=site)
    records = parse_records(data, features.crc if features else None)
    found = [_verdicts(each, features) for each in records]
    began = _began(notes, features)
    judged = [_reading(template, each, began, verdicts) for each, verdicts in zip(records, found, strict=True)]
    low = bool(records[-1].status >> LOW_BATTERY & 1)
    return Interpretation([*map(from_memory, judged[:-1]), judged[-1]], conditions(found[-1]), low_battery=low)


def interpret_features(data: bytes, at: int, ordinal: int) -> Interpretation:  # noqa: ARG001 - as every Interpret
    """Check the features, which are noted for the records."""
    parse_features(data)
    return Interpretation([], None)


def interpret_session(data: bytes, at: int, ordinal: int, notes: Mapping[str, bytes]) -> Interpretation:  # noqa: ARG001 - as every Recall
    """Check when the session began, which is noted for the records."""
    features = _features(notes)
    parse_session_start(data, crc=bool(features and features.crc))
    return Interpretation([], None)


def newest(data: bytes) -> int:
    """Return the highest time offset of the records in `data`."""
    return max(record.time_offset for record in parse_records(data))


def _features(notes: Mapping[str, bytes]) -> Features | None:
    noted = notes.get(FEATURES)
    return None if noted is None else parse_features(noted)


def _began(notes: Mapping[str, bytes], features: Features | None) -> str:
    try:
        return parse_session_start(notes.get(SESSION_START, b""), crc=bool(features and features.crc))
    except FrameError:
        return ""


def _verdicts(record: Record, features: Features | None) -> list[Verdict]:
    found = [each for bit, each in STATUS.items() if record.status >> bit & 1]
    if features and (is_control(features.type, features.location) or features.type not in (0, INTERSTITIAL)):
        return [verdict(Reason.WRONG_SAMPLE), *found]
    return found


def _reading(template: Reading, record: Record, began: str, found: list[Verdict]) -> Reading:
    number = None if verdict(Reason.WRONG_SAMPLE) in found else finite(record.glucose)
    validity, reason = worst(found if number is not None else [*found, verdict(Reason.NOT_AVAILABLE)])
    return msgspec.structs.replace(
        template,
        value=None if number is None else VITALS[template.vital].scaled(number),
        validity=validity,
        reason=reason,
        device_time=_stamp(began, record.time_offset),
    )


def _stamp(began: str, minutes: int) -> str:
    try:
        return (datetime.fromisoformat(began) + timedelta(minutes=minutes)).isoformat()
    except (ValueError, OverflowError):
        return ""


class Encoder:
    """The sensor's side: one record per sample, five minutes after the one before, with all octets and a CRC.

    Says NOT_AVAILABLE (session stopped), MALFUNCTION, QUESTIONED_BY_DEVICE (calibration required) and OUT_OF_RANGE
    (result too high); a sample without glucose is NaN.
    """

    def __init__(self) -> None:
        self._offset = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the notification of `sample`."""
        offset, self._offset = self._offset, (self._offset + _MINUTES) & 0xFFFF
        status = sum(_BITS.get(reason, 0) for reason in sample.conditions).to_bytes(3, "little")
        flags = sum(flag for flag, _ in _OCTETS)
        body = sfloat_word(sample.values.get("glucose_interstitial")) + offset.to_bytes(2, "little") + status
        record = bytes((2 + len(body) + _CRC_SIZE, flags)) + body
        return [(MEASUREMENT, record + crc16(record).to_bytes(_CRC_SIZE, "little"))]


FAMILY = Family(
    name="bluetooth_glucose_monitor",
    title="Bluetooth continuous glucose monitors",
    devices=("any sensor with the Bluetooth Continuous Glucose Monitoring service",),
    measures=(Measure("glucose_interstitial", Mode.SPOT),),
    link=BleSettings(
        service=uuid(0x181F),
        subscribe=(MEASUREMENT, CONTROL, BATTERY),
        read=(FEATURES, SESSION_START, *READ),
    ),
    announces=("model", "serial"),
    check=Check("CRC-16/MCRF4XX of the sensor where it has one, CRC-24 of the link layer", Strength.STRONG, 1.0),
    period=_MINUTES * 60 * 1_000_000_000,
    documents=("Bluetooth Continuous Glucose Monitoring Service 1.0.2", "Bluetooth GATT Specification Supplement"),
    bridge=partial(
        RecordBridge,
        "bluetooth_glucose_monitor",
        Store(records=MEASUREMENT, number=newest, announced_by=SESSION_START),
        {FEATURES: interpret_features},
        {MEASUREMENT: interpret, SESSION_START: interpret_session},
        frozenset({FEATURES, SESSION_START}),
    ),
    encoder=Encoder,
    resync_frames=0,
    conditions=(Reason.NOT_AVAILABLE, Reason.MALFUNCTION, Reason.QUESTIONED_BY_DEVICE, Reason.OUT_OF_RANGE),
    identity="0x2A25 (device serial number), never a patient",
)
