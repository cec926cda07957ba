"""Masimo oximeters with the ASCII 1 output: a line of text a second.

After date and time come `KEY=value` fields, whose set and order vary with model and software; dashes are no value. EXC
holds the exceptions as hexadecimal bits, and they decide what a number is worth: the device goes on sending SpO2 with
its sensor off. The same line can carry the device's trend memory (`SpO2=` `PR=` `PI=` and EXC in words): history,
never live. The instrument's menu must be set from AS2 to AS1. There is no checksum: two lines in a row must be well
formed before the second counts. SpCO, SpMet, SpHb and PVI are taken apart and are no readings of ours.

Source: Masimo Radical-7 and Rad-8 operator's manuals (ASCII 1 output, trend download) by way of devices.md section
2.5; checked against lines of three instruments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import msgspec

from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError, cut_line
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import VITALS, DeviceStatus, Identity, Reading, Reason

SETTLE = 2
"""Well-formed lines in a row before the second of them counts."""

EXCEPTIONS: dict[int, Reason] = {
    0x1: Reason.SENSOR_DISCONNECTED,
    0x1000: Reason.SENSOR_DISCONNECTED,
    0x20: Reason.SENSOR_OFF,
    0x8: Reason.SEARCHING,
    0x20000: Reason.CALIBRATING,
    0x2: Reason.MALFUNCTION,
    0x80: Reason.MALFUNCTION,
    0x100: Reason.MALFUNCTION,
    0x2000: Reason.MALFUNCTION,
    0x4000: Reason.MALFUNCTION,
    0x8000: Reason.MALFUNCTION,
    0x10000: Reason.MALFUNCTION,
    0x4: Reason.LOW_PERFUSION,
    0x400: Reason.WEAK_SIGNAL,
    0x10: Reason.ARTEFACT,
    0x40: Reason.ARTEFACT,
    0x40000: Reason.QUESTIONED_BY_DEVICE,
}
"""What each exception does to the numbers; of equals the first is named. A bit that is not here is not understood."""

_HARMLESS = 0x800 | 0x200000 | 0x400000
"""Masimo SET is on; low confidence in SpCO; low confidence in SpMet."""

_LOW_BATTERY = 0x40
_MAX_SPO2, _MAX_RATE, _MAX_PI = 100, 999, 9999
_LINE = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)((?: [A-Za-z0-9]+=\S+)+) ?\r?\n")
_FIELD = re.compile(r" ([A-Za-z0-9]+)=(\S+)")
_NUMBER = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,2})?)%?")
_NO_NUMBER = re.compile(r"[+-]?-+(\.-+)?%?")
_WHOLE = re.compile(r"(\d{3})%?")
_FORMS = {"SPO2": _WHOLE, "BPM": _WHOLE, "PR": _WHOLE, "PI": re.compile(r"(\d\d\.\d\d)%?")}
_WORD = re.compile(r"([0-9A-Fa-f]{1,8})(?::([^\s:]*))?")
_LIVE = {"SPO2": "spo2", "BPM": "pulse_rate", "PI": "perfusion_index"}
_TREND = {"SPO2": "spo2", "PR": "pulse_rate", "PI": "perfusion_index"}
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a device's clock has no zone


class Line(msgspec.Struct, frozen=True):
    """One line as sent: `time` as ISO 8601 without zone, `fields` by their names in capitals."""

    time: str
    fields: dict[str, str]

    @property
    def from_memory(self) -> bool:
        """Tell whether this is a line of the trend memory."""
        return "PR" in self.fields

    def number(self, key: str) -> Decimal | None:
        """Return a field's number, None where dashes or zeros stand for none; FrameError("field") for anything else."""
        text = self.fields[key]
        if _NO_NUMBER.fullmatch(text):
            return None
        found = _FORMS.get(key, _NUMBER).fullmatch(text)
        if found is None:
            raise FrameError("field")
        number = Decimal(found[1])
        zero_is_none = self.from_memory or _FORMS.get(key) is _WHOLE
        return None if zero_is_none and number == 0 else number

    def bits(self, key: str) -> int:
        """Return a field's hexadecimal word, 0 if the line lacks it; FrameError("field") if it is none."""
        word = _WORD.fullmatch(self.fields.get(key, "0"))
        if word is None:
            raise FrameError("field")
        return int(word[1], 16)


def parse_line(data: bytes) -> Line:
    """Take a line apart. FrameError: "line", or "field" if one comes twice."""
    found = _LINE.fullmatch(data.decode("latin-1"))
    if found is None:
        raise FrameError("line")
    month, day, year, time, rest = found.groups()
    fields = [(key.upper(), text) for key, text in _FIELD.findall(rest)]
    if len(dict(fields)) < len(fields):
        raise FrameError("field")
    return Line(f"20{year}-{month}-{day}T{time}", dict(fields))


def reasons(line: Line) -> Iterator[Reason]:
    """Yield what the exceptions say of the numbers; a line without them, or with unknown ones, is not trusted."""
    exceptions = line.bits("EXC")
    for bit, reason in EXCEPTIONS.items():
        if exceptions & bit:
            yield reason
    if "EXC" not in line.fields or exceptions & ~(sum(EXCEPTIONS) | _HARMLESS) or line.bits("EXC1"):
        yield Reason.QUESTIONED_BY_DEVICE
    if line.from_memory:
        yield Reason.STORED


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge the numbers of a line by its exceptions. FrameError("field") if it has no SpO2 or one over 100 %."""
    line = parse_line(data)
    found = tuple(dict.fromkeys(reasons(line)))
    vitals = _TREND if line.from_memory else _LIVE
    values = {vital: line.number(key) for key, vital in vitals.items() if key in line.fields}
    if "spo2" not in values or (values["spo2"] or 0) > _MAX_SPO2:
        raise FrameError("field")
    template = Reading(at, ordinal, "", None, device_time=line.time, stored=line.from_memory)
    readings = (
        msgspec.structs.replace(template, vital=vital, value=None if value is None else VITALS[vital].scaled(value))
        for vital, value in values.items()
    )
    serial = line.fields.get("SN", "").strip("-")
    return Said(
        tuple(judged(reading, found) for reading in readings),
        None if line.from_memory else DeviceStatus(at, found, low_battery=bool(line.bits("ALARM") & _LOW_BATTERY)),
        Identity(at, manufacturer="Masimo", serial=serial) if serial else None,
    )


class Encoder:
    """The device's side: one line per sample, as a Rad-8 writes it.

    Says the reasons of `EXCEPTIONS`, with the numbers as sampled: so does the device.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the line of `sample`; a vital it lacks, or the line cannot hold, is dashes."""
        time = _EPOCH + timedelta(milliseconds=sample.device_ms)
        said = {reason: bit for bit, reason in reversed(EXCEPTIONS.items())}
        exceptions = 0x800 | sum(bit for reason, bit in said.items() if reason in sample.conditions)
        spo2 = _three(sample.values.get("spo2"), _MAX_SPO2)
        rate = _three(sample.values.get("pulse_rate"), _MAX_RATE)
        pi = sample.values.get("perfusion_index", -1)
        index = f"{pi // 100:02}.{pi % 100:02}" if 0 <= pi <= _MAX_PI else "--.--"
        text = (
            f"{time:%m/%d/%y %H:%M:%S} SN={sample.unit:010} SPO2={spo2}% BPM={rate} PI={index}% SPCO=--.-% SPMET=--.-% "
            f"DESAT=-- PIDELTA=+-- ALARM=0000 EXC={exceptions:06X}\r\n"
        )
        return [(SERIAL, text.encode("ascii"))]


def _three(value: int | None, most: int) -> str:
    return f"{value:03}" if value is not None and 0 < value <= most else "---"


FAMILY = Family(
    name="masimo_ascii1",
    announces=("serial",),
    title="Masimo oximeters, ASCII 1",
    devices=("Rad-5", "Rad-8", "Radical-7", "Rad-57"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=SerialSettings(baudrate=9600),
    check=Check("form of the line, no checksum", Strength.NONE, catches_bit_flips=0.96),
    period=1_000_000_000,
    documents=("Masimo Rad-8 Operator's Manual", "Masimo Radical-7 Operator's Manual"),
    bridge=partial(TalkerBridge, "masimo_ascii1", cut_line, interpret, settle=SETTLE),
    encoder=Encoder,
    resync_frames=SETTLE,
    conditions=tuple(dict.fromkeys(EXCEPTIONS.values())),
    identity="SN (serial number of the instrument), never a patient",
)
