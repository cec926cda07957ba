"""GE / Datex-Ohmeda patient monitors with the S/5 computer interface: S/5, CARESCAPE B450, B650, B850, B40.

The monitor sends its displayed values every 5 s once it has been asked. Some answer only to a request of their own
interface level, so levels 7, 8 and 9 are tried in turn while nothing comes. Every group of values says whether its
module exists and measures; a value may be a code for "none", and only the group's bits tell noise, leads off or a cuff
that is at work. Trends are averages of the past: history, never live. A cuff value is repeated for as long as it is
displayed: it counts for the 60 s in which the monitor itself calls it new.

Invasive pressures, gases and ST are taken apart and are no readings of ours. A heart rate that the monitor takes from
elsewhere than the ECG is not called one. A temperature counts when it is labelled oesophagus or core: the other labels
could not be confirmed, and a probe on the skin or in the room is no body temperature.

Source: GE S/5 Computer Interface Specification M1017617, S/5 DRI Specification 8005313 (groups of the basic class);
devices.md section 2.8. No capture of a monitor is public: replies are checked against a record made by the tables.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from functools import partial

import msgspec

from firmware_bridges import dri
from firmware_bridges.asking import Asking, AskingBridge
from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said
from firmware_bridges.verdict import from_memory, judged
from firmware_bridges.vitals import VITALS, Reading, Reason, Send

LEVELS = (7, 8, 9)
"""Interface levels tried in turn (devices.md section 2.8)."""

INTERVAL = 5
"""Seconds between two records of displayed values, the shortest that can be asked for."""

PATIENCE = 8_000_000_000
"""Silence after which the request is sent again, at the next level, ns."""

_INVALID = -32767

SPECIAL = {
    _INVALID: Reason.NOT_AVAILABLE,
    -32766: Reason.HELD,
    -32764: Reason.NOT_AVAILABLE,
    -32763: Reason.NOT_AVAILABLE,
    -32762: Reason.CALIBRATING,
}
"""Codes in place of a value: invalid, not updated, under range, over range, not calibrated."""

LEAST_CODE = -32001
"""From here downwards a value is a code."""

HR_SOURCES = {1: "ECG1", 2: "ECG2", 3: "ECG3"}
"""Sources of the heart rate that are the ECG."""

BODY = {1: "ESO", 15: "CORE"}
"""Labels of temperatures that are a body's."""

PRESSURES = {1: "ART", 2: "CVP", 3: "PA", 4: "RAP", 5: "RVP", 6: "LAP", 7: "ICP", 8: "ABP"}
"""Labels of invasive pressures."""

_SIZE, _DATA_START, _CLASS_AT = 278, 4, 276
_EXISTS, _ACTIVE = 0x01, 0x02
_ASYSTOLE = 0x04
_ECG_BITS = {1 << 7: Reason.ARTEFACT, 1 << 8: Reason.ARTEFACT, 1 << 9: Reason.EARLY_ESTIMATE}
_SOURCE_SHIFT, _SOURCE_MASK, _LEAD_SHIFT = 3, 0x0F, 10
_MEASURING, _STASIS, _CALIBRATING, _OLD = 1 << 5, 1 << 6, 1 << 7, 1 << 8
_CO2_BITS = {1 << 3: Reason.CALIBRATING, 1 << 4: Reason.CALIBRATING, 1 << 5: Reason.ARTEFACT, 1 << 6: Reason.ARTEFACT}
_GROUP = struct.Struct("<IH")
_ECG, _P1, _NIBP, _TEMPERATURES, _SPO2, _CO2 = 0, 16, 72, (86, 94, 102, 110), 118, 132
_ECG_VALUES, _P_VALUES, _NIBP_VALUES, _T_VALUES, _SPO2_VALUES, _CO2_VALUES = 5, 4, 4, 1, 4, 4
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a monitor's clock has no zone
_TRENDS = (dri.TREND_10S, dri.TREND_60S)


class Group(msgspec.Struct, frozen=True):
    """One group of values as sent: status bits, label, and signed values, each a number or a code of `SPECIAL`."""

    status: int
    label: int
    values: tuple[int, ...]

    @property
    def exists(self) -> bool:
        """Whether the module is there."""
        return bool(self.status & _EXISTS)

    @property
    def measures(self) -> bool:
        """Whether the module is there and at work."""
        return self.status & (_EXISTS | _ACTIVE) == _EXISTS | _ACTIVE

    @property
    def hr_source(self) -> str:
        """Where an ECG group's heart rate comes from, "" if not from the ECG."""
        return HR_SOURCES.get(self.status >> _SOURCE_SHIFT & _SOURCE_MASK, "")

    def number(self, place: int) -> int | None:
        """Return one value in its unit, None for a code."""
        value = self.values[place]
        return None if value <= LEAST_CODE else value

    def reasons(self, place: int) -> list[Reason]:
        """Return why one value is not a measurement, as far as every group tells it."""
        if not self.measures:
            return [Reason.NOT_AVAILABLE]
        value = self.values[place]
        return [SPECIAL.get(value, Reason.NOT_AVAILABLE)] if value <= LEAST_CODE else []


class Frame(msgspec.Struct, frozen=True):
    """The basic class of one physiological subrecord: `kind` as in `dri`, `time` in Unix seconds, 0 unset."""

    kind: int
    data_class: int
    time: int
    ecg: Group
    p1: Group
    nibp: Group
    temperatures: tuple[Group, ...]
    spo2: Group
    co2: Group


def parse_subrecord(part: dri.Subrecord) -> Frame:
    """Take a physiological subrecord apart; FrameError("length") if it is not 278 bytes."""
    if len(part.data) != _SIZE:
        raise FrameError("length")
    return Frame(
        kind=part.kind,
        data_class=int.from_bytes(part.data[_CLASS_AT:], "little") >> 8 & 0x0F,
        time=int.from_bytes(part.data[:_DATA_START], "little"),
        ecg=_group(part.data, _ECG, _ECG_VALUES),
        p1=_group(part.data, _P1, _P_VALUES),
        nibp=_group(part.data, _NIBP, _NIBP_VALUES),
        temperatures=tuple(_group(part.data, offset, _T_VALUES) for offset in _TEMPERATURES),
        spo2=_group(part.data, _SPO2, _SPO2_VALUES),
        co2=_group(part.data, _CO2, _CO2_VALUES),
    )


def _group(data: bytes, offset: int, values: int) -> Group:
    start = _DATA_START + offset
    status, label = _GROUP.unpack_from(data, start)
    return Group(status, label, struct.unpack_from(f"<{values}h", data, start + _GROUP.size))


def interpret(data: bytes, at: int, ordinal: int) -> Said:
    """Judge the basic class of a record of displayed values; of trends as history. Other records mean nothing."""
    record = dri.parse_record(dri.unframe(data))
    if record.main_type != dri.PHDB:
        return Said()
    found: list[Reading] = []
    for part in record.subrecords:
        if part.kind != dri.DISPLAYED and part.kind not in _TRENDS:
            continue
        frame = parse_subrecord(part)
        if frame.data_class == 0:
            read = readings(frame, at, ordinal)
            found += read if part.kind == dri.DISPLAYED else [from_memory(each) for each in read]
    return Said(tuple(found))


def readings(frame: Frame, at: int, ordinal: int) -> list[Reading]:
    """Return the readings of a basic class. A cuff value older than 60 s is none: it has been told."""
    time = (_EPOCH + timedelta(seconds=frame.time)).isoformat() if frame.time else ""
    blank = partial(Reading, at, ordinal, device_time=time)
    temperature, site = _temperature(frame)
    spo2 = frame.spo2
    return [
        _heart_rate(frame.ecg, blank(vital="heart_rate", value=None)),
        _respiration(frame, blank(vital="respiratory_rate", value=None)),
        judged(blank(vital="spo2", value=_scaled("spo2", spo2.number(0))), spo2.reasons(0)),
        judged(blank(vital="pulse_rate", value=spo2.number(1) or None), spo2.reasons(1)),
        judged(
            blank(vital="temperature", value=_scaled("temperature", temperature.number(0)), site=site),
            temperature.reasons(0),
        ),
        *_cuff(frame.nibp, blank),
    ]


def _heart_rate(ecg: Group, blank: Reading) -> Reading:
    source = ecg.status >> _SOURCE_SHIFT & _SOURCE_MASK
    if source not in HR_SOURCES:
        return judged(blank, [Reason.NOT_AVAILABLE])
    value, reasons = ecg.number(0), ecg.reasons(0)
    if value is None and ecg.measures and ecg.status & _ASYSTOLE:
        value, reasons = 0, []
    reasons += [reason for bit, reason in _ECG_BITS.items() if ecg.status & bit]
    reasons += [Reason.SENSOR_OFF] if ecg.status >> (_LEAD_SHIFT + source) & 1 else []
    return judged(msgspec.structs.replace(blank, value=value), reasons)


def _respiration(frame: Frame, blank: Reading) -> Reading:
    """Return the impedance's rate; the capnometer's where the ECG module has none."""
    ecg, co2 = frame.ecg, frame.co2
    if ecg.reasons(4) and co2.exists:
        reasons = co2.reasons(2) + [reason for bit, reason in _CO2_BITS.items() if co2.status & bit]
        return judged(msgspec.structs.replace(blank, value=co2.number(2)), reasons)
    off = [Reason.SENSOR_OFF] if ecg.status >> (_LEAD_SHIFT + 1) & 1 else []
    return judged(msgspec.structs.replace(blank, value=ecg.number(4)), ecg.reasons(4) + off)


def _temperature(frame: Frame) -> tuple[Group, str]:
    body = [(each, BODY[each.label]) for each in frame.temperatures if each.exists and each.label in BODY]
    return body[0] if body else (Group(0, 0, (_INVALID,)), "")


def _cuff(nibp: Group, blank: partial[Reading]) -> list[Reading]:
    if nibp.label & _OLD:
        return []
    reasons = [Reason.CALIBRATING] if nibp.label & _CALIBRATING else []
    reasons += [Reason.NOT_AVAILABLE] if nibp.label & (_MEASURING | _STASIS) else []
    found = [
        judged(blank(vital=vital, value=_scaled(vital, nibp.number(place))), nibp.reasons(place) + reasons)
        for place, vital in enumerate(("systolic", "diastolic", "mean_pressure"))
    ]
    return [*found, judged(blank(vital="pulse_rate_nibp", value=nibp.number(3) or None), nibp.reasons(3) + reasons)]


def _scaled(vital: str, hundredths: int | None) -> int | None:
    """Return hundredths of the unit in units of the vital's resolution, rounded half up."""
    step = 100 // 10 ** VITALS[vital].decimals
    return None if hundredths is None else (hundredths + step // 2) // step


class Encoder:
    """The monitor's side: one record of displayed values per sample, with ECG1, impedance, SpO2, T1 (core) and cuff.

    Says NOT_AVAILABLE (no module measures), CALIBRATING and HELD (values not updated), of all values at once. With its
    sensor off the oximeter has no values.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the record of `sample`; a vital it lacks is sent as invalid."""
        time = sample.device_ms // 1000
        data = bytearray(_SIZE)
        data[:_DATA_START] = time.to_bytes(_DATA_START, "little")
        for offset, bits, label, vitals in _ENCODED:
            group = _encoded(sample, bits, label, vitals)
            data[_DATA_START + offset : _DATA_START + offset + len(group)] = group
        part = dri.Subrecord(dri.DISPLAYED, bytes(data))
        return [(SERIAL, dri.frame(dri.record(dri.PHDB, (part,), level=LEVELS[-1], time=time)))]


_ENCODED = (
    (_ECG, 1 << _SOURCE_SHIFT, 0, ("heart_rate", "", "", "", "respiratory_rate")),
    (_NIBP, 0, 0, ("systolic", "diastolic", "mean_pressure", "pulse_rate_nibp")),
    (_TEMPERATURES[0], 0, 15, ("temperature",)),
    (_SPO2, 0, 0, ("spo2", "pulse_rate", "", "")),
)


def _encoded(sample: Sample, bits: int, label: int, vitals: tuple[str, ...]) -> bytes:
    code = next((each for each, reason in SPECIAL.items() if reason in sample.conditions), None)
    active = 0 if code == _INVALID else _ACTIVE
    values = [_field(sample, vital) if code is None else code for vital in vitals]
    return _GROUP.pack(_EXISTS | active | bits, label) + struct.pack(f"<{len(values)}h", *values)


def _field(sample: Sample, vital: str) -> int:
    value = sample.values.get(vital)
    if value is None or (Reason.SENSOR_OFF in sample.conditions and vital in ("spo2", "pulse_rate")):
        return _INVALID
    hundredths = vital in ("systolic", "diastolic", "mean_pressure", "temperature", "spo2")
    return value * (100 // 10 ** VITALS[vital].decimals) if hundredths else value


_REQUESTS = tuple((Send(SERIAL, dri.data_request(dri.DISPLAYED, INTERVAL, 0, level)),) for level in LEVELS)

FAMILY = Family(
    name="ge_s5_dri",
    title="GE / Datex-Ohmeda monitors, S/5 computer interface",
    devices=("S/5", "CARESCAPE B450", "CARESCAPE B650", "CARESCAPE B850", "B40"),
    measures=(
        Measure("heart_rate", Mode.CONTINUOUS),
        Measure("respiratory_rate", Mode.CONTINUOUS),
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("temperature", Mode.CONTINUOUS),
        Measure("systolic", Mode.SPOT),
        Measure("diastolic", Mode.SPOT),
        Measure("mean_pressure", Mode.SPOT),
        Measure("pulse_rate_nibp", Mode.SPOT),
    ),
    link=SerialSettings(baudrate=19200, parity="E", rtscts=True, alternatives=(115200,)),
    check=Check("8-bit sum and record length", Strength.WEAK, catches_bit_flips=1.0),
    period=INTERVAL * 1_000_000_000,
    documents=(
        "GE M1017617: S/5 Computer Interface Specification, 12th edition",
        "GE 8005313: S/5 DRI Specification, 10th edition",
    ),
    bridge=partial(
        AskingBridge,
        "ge_s5_dri",
        interpret,
        cut=dri.cut_frame,
        asking=Asking(_REQUESTS[0], (*_REQUESTS[1:], _REQUESTS[0]), PATIENCE, while_silent=True),
    ),
    encoder=Encoder,
    resync_frames=1,
    conditions=(Reason.NOT_AVAILABLE, Reason.CALIBRATING, Reason.HELD),
    identity="none: records of patient data (network, demographics) are never asked for",
    polite=True,
)
