"""Ivy Vital-Guard 450C monitors: the message ANSAR-B, once a second, with one second of waves and a block of text.

FF, `ANSAR-B `, 400 bytes of waves (ECG 200, respiration, pleth, P1 and P2 50 each), lines of text that end with CR, FE.
A line is a name with the number of its values, the values, a label and a message, with semicolons between:
`NIBP=4;121;75;92;80;;`. What the monitor has to say of a quantity stands in the message or in place of the label
(`NO TRANSDUCER`). Its vocabulary is not published, so whatever it says makes the numbers beside it questionable; a
heart rate is one only with an ECG lead for a label. There is no checksum: two messages in a row must be well formed
before the second counts.

Not taken: the cuff, which is repeated every second for as long as it is shown, without its age; temperatures, whose
unit and site are not said; invasive pressures and CO2, for which the product has no vital.

Source: none of the maker's is public; the layout of an independent public program (MD PnP, facts only), checked
against a recording of a 450C.
"""

from __future__ import annotations

import re
from functools import partial

import msgspec

from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, SerialSettings, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import conditions, judged
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

SETTLE = 2
"""Well-formed messages in a row before the second of them counts."""

HEAD, END = b"\xffANSAR-B ", 0xFE
"""What a message begins and ends with. The waves stay below both: the highest byte recorded is FB."""

WAVES = 400
"""Bytes of waves: 200 of ECG, then 50 each of respiration, pleth, P1 and P2."""

LONGEST_TEXT = 1024
"""Bytes of the longest block of text taken; those recorded have 152."""

_FIXED = len(HEAD) + WAVES
_LINE = re.compile(r"([A-Z0-9]+)=(\d);(.*)")
_NUMBER = re.compile(r" *(\d{1,3}|-*) *")
_PULSE = re.compile(r"PR=(.*)")
_USUAL = {"HR": re.compile(r"ECG-.*"), "RR": re.compile(r"(APNEA:.*)?"), "SPO2": _PULSE}
"""Labels that belong to a live number: the lead, the delay of the apnoea alarm, the pulse rate."""

_MAX_SPO2, _MAX_NUMBER = 100, 999
_FLAT = bytes([100] * 200 + [80] * 50 + [86] * 50 + [80] * 50 + [251] * 50)


class Line(msgspec.Struct, frozen=True):
    """One quantity: its values as sent and the two texts beside them."""

    values: tuple[str, ...]
    label: str
    message: str


NOTHING = Line(("",), "", "")
"""What a monitor says of a quantity that it does not measure."""


def cut(buffer: bytes, start: int) -> int:
    """Find a message: the `Cut` of the family. One that is cut short ends where the next begins."""
    if not HEAD.startswith(buffer[start : start + len(HEAD)]):
        return start - _next(buffer, start + 1)
    another = buffer.find(HEAD, start + 1, start + _FIXED + len(HEAD) - 1)
    if another >= 0:
        return start - another
    for at in range(start + _FIXED, min(len(buffer), start + _FIXED + LONGEST_TEXT)):
        byte = buffer[at]
        if byte == END:
            return at + 1 - start
        if not (0x20 <= byte < 0x7F or byte == 0x0D):  # noqa: PLR2004 - what ASCII prints, and CR
            return start - at
    return start - _next(buffer, start + 1) if len(buffer) - start >= _FIXED + LONGEST_TEXT else 0


def _next(buffer: bytes, start: int) -> int:
    """Return where a message may begin, from `start` on; the end if nowhere."""
    found = buffer.find(HEAD[0], start)
    return len(buffer) if found < 0 else found


def parse_message(data: bytes) -> dict[str, Line]:
    """Return the lines of a message by name. FrameError: "line", "repeated" or "values"."""
    lines: dict[str, Line] = {}
    for text in data[_FIXED:-1].decode("ascii").split("\r"):
        if not text.strip():
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise FrameError("line")
        if found[1] in lines:
            raise FrameError("repeated")
        fields = found[3].split(";")
        if len(fields) != int(found[2]) + 2:
            raise FrameError("values")
        *values, label, message = fields
        lines[found[1]] = Line(tuple(values), label.strip(), message.strip())
    return lines


def parse_number(field: str) -> int | None:
    """Return a value, None for blanks or dashes. FrameError("number") if it is neither."""
    found = _NUMBER.fullmatch(field)
    if found is None:
        raise FrameError("number")
    return int(found[1]) if found[1].isdigit() else None


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge the numbers of a message by the texts beside them. FrameError("implausible") for an SpO2 over 100 %."""
    lines = parse_message(data)
    blank = partial(Reading, at, ordinal)
    spo2, pulse = _numbers(lines, "SPO2")
    if (spo2 or 0) > _MAX_SPO2:
        raise FrameError("implausible")
    found = (
        judged(blank("heart_rate", _numbers(lines, "HR")[0]), _doubts(lines, "HR")),
        judged(blank("respiratory_rate", _numbers(lines, "RR")[0]), _doubts(lines, "RR")),
        judged(blank("spo2", spo2 or None), _doubts(lines, "SPO2")),
        judged(blank("pulse_rate", pulse or None), _doubts(lines, "SPO2")),
    )
    return Said(found, DeviceStatus(at, conditions((each.validity, each.reason) for each in found)))


def _numbers(lines: dict[str, Line], name: str) -> tuple[int | None, int | None]:
    """Return the one value of a line and the pulse rate in its label. FrameError("values") if it has more or none."""
    line = lines.get(name, NOTHING)
    if len(line.values) != 1:
        raise FrameError("values")
    pulse = _PULSE.fullmatch(line.label)
    return parse_number(line.values[0]), parse_number(pulse[1] if pulse else "")


def _doubts(lines: dict[str, Line], name: str) -> list[Reason]:
    line = lines.get(name, NOTHING)
    fine = _USUAL[name].fullmatch(line.label) and not line.message
    return [] if fine else [Reason.QUESTIONED_BY_DEVICE]


class Encoder:
    """The monitor's side: one message per sample with flat waves; a vital that the sample lacks is blank.

    Says NOT_AVAILABLE, without numbers, and QUESTIONED_BY_DEVICE by a message beside each number. With its sensor off
    the oximeter has no numbers.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the message of `sample`."""
        values = {} if Reason.NOT_AVAILABLE in sample.conditions else sample.values
        if Reason.SENSOR_OFF in sample.conditions:
            values = {vital: value for vital, value in values.items() if vital not in ("spo2", "pulse_rate")}
        heart, breath, spo2, pulse = (
            "" if (value := values.get(vital)) is None or value > _MAX_NUMBER else str(value)
            for vital in ("heart_rate", "respiratory_rate", "spo2", "pulse_rate")
        )
        said = "CHECK" if Reason.QUESTIONED_BY_DEVICE in sample.conditions else ""
        text = (
            f"HR=1;{heart};ECG-II-DIAG;{said}\rRR=1;{breath};APNEA: 20 SEC;{said}\rETCO2=1;;;\r"
            f"SPO2=1;{spo2};PR={pulse} ;{said}\rNIBP=4;;;;;;\rP1=3;;;;NO TRANSDUCER;\rP2=3;;;;NO TRANSDUCER;\r"
            "T1=1;;;\rT2=1;;;\r"
        )
        return [(SERIAL, HEAD + _FLAT + text.encode("ascii") + bytes((END,)))]


FAMILY = Family(
    name="ivy_450c_ansarb",
    title="Ivy Vital-Guard 450C monitors, ANSAR-B",
    devices=("Ivy Vital-Guard 450C",),
    measures=(
        Measure("heart_rate", Mode.CONTINUOUS),
        Measure("respiratory_rate", Mode.CONTINUOUS),
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
    ),
    link=SerialSettings(baudrate=9600),
    check=Check("form of the message, no checksum", Strength.NONE, catches_bit_flips=0.98),
    period=1_000_000_000,
    documents=("none of the maker's: an independent public program and a recording",),
    bridge=partial(TalkerBridge, "ivy_450c_ansarb", cut, interpret, settle=SETTLE),
    encoder=Encoder,
    resync_frames=SETTLE - 1,
    official=False,
    caution="the cuff and the temperatures are not taken: their age, unit and site are not told",
    conditions=(Reason.QUESTIONED_BY_DEVICE, Reason.NOT_AVAILABLE),
)
