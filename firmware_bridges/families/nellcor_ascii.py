"""Nellcor oximeters with the ASCII report: a line of text every two seconds, a heading every 25 lines.

A line has date and time, SpO2, pulse rate and pulse amplitude in columns (`---`: none, `*`: outside the alarm limits)
and two-letter codes of the device's state. The numbers go on while the device looks for a pulse: the codes decide. A
number measured in motion is questionable. There is no checksum: two lines in a row must be well formed before the
second counts. Pulse amplitude has no unit and is no reading of ours.

Source: Nellcor N-560 and N-595 operator's manuals (real-time display format) by way of devices.md section 2.6; checked
against a recording of an N-560.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial

import msgspec

from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError, cut_line
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import DeviceStatus, Identity, Reading, Reason

SETTLE = 2
"""Well-formed lines in a row before the second of them counts."""

HEADING_EVERY = 25
"""Lines between two headings."""

CODES: dict[str, Reason] = {
    "SD": Reason.SENSOR_DISCONNECTED,
    "SO": Reason.SENSOR_OFF,
    "PS": Reason.SEARCHING,
    "LP": Reason.SEARCHING,
    "LM": Reason.SEARCHING,
    "MO": Reason.ARTEFACT,
}
"""What a code does to the numbers: sensor disconnected, off, pulse search, pulse lost, lost in interference, motion."""

_HARMLESS = frozenset({"AO", "AS", "LB", "PH", "PL", "SH", "SL"})
"""Alarms off or silenced, low battery, a limit passed. A code that is neither here nor above is not trusted."""

_LOW_BATTERY = "LB"
_SAID = ("SD", "SO", "PS", "MO")
_SENSORLESS = frozenset({Reason.SENSOR_DISCONNECTED, Reason.SENSOR_OFF})
_MAX_SPO2, _MAX_RATE = 100, 999
_MODELS = (b"N-560", b"N-595")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a device's clock has no zone

_TIME = r"(\d\d-[A-Za-z]{3}-\d\d \d\d:\d\d:\d\d)"
_NUMBER = r"(\d{1,3}|---)"
_DATA = re.compile(rf"{_TIME} +{_NUMBER}(\*?) +{_NUMBER}(\*?) +{_NUMBER}\*?((?: +[A-Z]{{2}})*) *")
_HEADING = re.compile(r"(N-\w+) +VERSION +(\S+) +CRC:(\S+) +SpO2 Limit: *(\d+)-(\d+)% +PR Limit: *(\d+)-(\d+)BPM *")
_PATIENT = re.compile(r" *([A-Z]+) +(\d+)SAT-S *")
_TITLES = re.compile(r" *TIME +%?SpO2 +BPM +PA +Status *")


class Measurement(msgspec.Struct, frozen=True):
    """A line of numbers: `timestamp` as sent, SpO2 in %, rate in /min, `pa` without unit; None for `---`.

    `spo2_alarm` and `bpm_alarm`: outside the device's limits. `status`: the codes in their order.
    """

    timestamp: str
    spo2: int | None
    spo2_alarm: bool
    bpm: int | None
    bpm_alarm: bool
    pa: int | None
    status: tuple[str, ...]


class Heading(msgspec.Struct, frozen=True):
    """The first line of a heading: who the device is, and its alarm limits, SpO2 in %, pulse in /min."""

    model: str
    version: str
    crc: str
    spo2_limits: tuple[int, int]
    pr_limits: tuple[int, int]


class Patient(msgspec.Struct, frozen=True):
    """The second line of a heading: the mode (ADULT, NEONATE) and the SatSeconds before a saturation alarm."""

    mode: str
    sat_seconds: int


class Titles(msgspec.Struct, frozen=True):
    """A line without content: the titles of the columns, or nothing."""


def parse_line(data: bytes) -> Measurement | Heading | Patient | Titles:
    """Take a line apart; FrameError("line") if it is none, "implausible" for an SpO2 over 100 %."""
    text = data.decode("latin-1").rstrip("\r\n")
    if found := _DATA.fullmatch(text):
        return _measurement(*found.groups())
    if found := _HEADING.fullmatch(text):
        model, version, crc, *limits = found.groups()
        low_spo2, high_spo2, low_rate, high_rate = map(int, limits)
        return Heading(model, version, crc, (low_spo2, high_spo2), (low_rate, high_rate))
    if found := _PATIENT.fullmatch(text):
        return Patient(found[1], int(found[2]))
    if not text.strip() or _TITLES.fullmatch(text):
        return Titles()
    raise FrameError("line")


def _measurement(*columns: str) -> Measurement:
    time, spo2, spo2_alarm, bpm, bpm_alarm, pa, codes = columns
    measured = Measurement(
        time, _number(spo2), bool(spo2_alarm), _number(bpm), bool(bpm_alarm), _number(pa), tuple(codes.split())
    )
    if (measured.spo2 or 0) > _MAX_SPO2:
        raise FrameError("implausible")
    return measured


def _number(column: str) -> int | None:
    return None if column == "---" else int(column)


def device_time(timestamp: str) -> str:
    """Return such as 29-Dec-17 07:18:43 as ISO 8601 without zone, "" if its month has no English name."""
    date, time = timestamp.split(" ")
    day, month, year = date.upper().split("-")
    return f"20{year}-{_MONTHS.index(month) + 1:02}-{day}T{time}" if month in _MONTHS else ""


def reasons(codes: tuple[str, ...]) -> tuple[Reason, ...]:
    """Return what the codes say of the numbers, each reason once; a code that is not known is a doubt."""
    found = (CODES.get(code, Reason.QUESTIONED_BY_DEVICE) for code in codes if code not in _HARMLESS)
    return tuple(dict.fromkeys(found))


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge a line of numbers by its codes; a heading says who the device is."""
    line = parse_line(data)
    if isinstance(line, Heading):
        return Said(identity=Identity(at, manufacturer="Nellcor", model=line.model, firmware=line.version))
    if not isinstance(line, Measurement):
        return Said()
    found, time = reasons(line.status), device_time(line.timestamp)
    return Said(
        (
            judged(Reading(at, ordinal, "spo2", line.spo2 or None, device_time=time), found),
            judged(Reading(at, ordinal, "pulse_rate", line.bpm or None, device_time=time), found),
        ),
        DeviceStatus(at, found, low_battery=_LOW_BATTERY in line.status),
    )


class Encoder:
    """The device's side: one line per sample, with a heading before every 25, as an N-560 writes them.

    Says SENSOR_DISCONNECTED and SENSOR_OFF, then without numbers; SEARCHING and ARTEFACT, with them, as the device.
    Every other unit is an N-595.
    """

    def __init__(self) -> None:
        self._lines = 0

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the line of `sample`, a heading before it when it is time; a vital it lacks is dashes."""
        heading = [] if self._lines % HEADING_EVERY else [(SERIAL, _heading(sample.unit))]
        self._lines += 1
        codes = [code for code in _SAID if CODES[code] in sample.conditions]
        values = {} if _SENSORLESS & sample.conditions else sample.values
        time = _EPOCH + timedelta(milliseconds=sample.device_ms)
        text = (
            f"{time:%d}-{_MONTHS[time.month - 1].title()}-{time:%y %H:%M:%S}"
            f"{_column(values.get('spo2'), _MAX_SPO2, 6)}{_column(values.get('pulse_rate'), _MAX_RATE, 8)}"
            f"{'---':>8}    {' '.join(codes):24}\r\n"
        )
        return [*heading, (SERIAL, text.encode("ascii"))]


def _heading(unit: int) -> bytes:
    return _MODELS[(unit - 1) % len(_MODELS)] + (
        b"    VERSION 1.80.00    CRC:XXXX  SpO2 Limit: 90-100%    PR Limit: 50-120BPM\r\n"
        b"                             ADULT            0SAT-S \r\n"
        b"TIME                 %SpO2   BPM     PA     Status\r\n"
    )


def _column(value: int | None, most: int, width: int) -> str:
    text = str(value) if value is not None and 0 < value <= most else "---"
    return f"{text:>{width}}"


FAMILY = Family(
    name="nellcor_ascii",
    announces=("model",),
    title="Nellcor oximeters, ASCII report",
    devices=("N-550", "N-560", "N-595"),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=SerialSettings(baudrate=9600),
    check=Check("form of the line, no checksum", Strength.NONE, catches_bit_flips=0.95),
    period=2_000_000_000,
    documents=("Nellcor N-560 Operator's Manual", "Nellcor N-595 Operator's Manual"),
    bridge=partial(TalkerBridge, "nellcor_ascii", cut_line, interpret, settle=SETTLE),
    encoder=Encoder,
    resync_frames=SETTLE,
    conditions=(Reason.SENSOR_DISCONNECTED, Reason.SENSOR_OFF, Reason.SEARCHING, Reason.ARTEFACT),
)
