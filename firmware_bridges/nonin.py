"""What the Nonin serial families share: commands and replies, the missing value, sensor conditions.

The same oximeters send any of four formats; one family is one format, and its bridge selects it. Source: Nonin Onyx II
Model 9560 OEM specification 6470-000-01, pages 3 to 17; devices.md section 2.4.
"""

from __future__ import annotations

import msgspec

from firmware_bridges.bridge import Sample, SerialSettings
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Prompt
from firmware_bridges.vitals import Reason

LINK = SerialSettings(baudrate=9600)
"""9600 8N1, by cable and over the Bluetooth serial port alike (page 3)."""

DOCUMENTS = ("Nonin 6470-000-01: Onyx II Model 9560 OEM Specification and Technical Information",)

ACK, NAK = b"\x06", b"\x15"
"""Replies to a command the device supports or does not, for the first five seconds of a connection (page 4)."""

STX, ETX = 0x02, 0x03
SELECT_FORMAT, DATE_TIME, DATE_TIME_REPLY = 0x70, 0x72, 0xF2
"""Operation codes (pages 4 and 5)."""

NO_SPO2, NO_RATE = 127, 511
"""Missing data (page 7)."""

MAX_SPO2, MAX_RATE = 100, 321
"""The highest values the device can measure, in % and /min (page 1)."""

QUIET = 2_000_000_000
"""A device silent for so long is told its format, ns: twice within the five seconds in which it replies."""

_OVERHEAD = 4
_FORMAT_SIZE, _FORMAT_TYPE = 2, 2
_DATE_TIME_SIZE = 6


class Command(msgspec.Struct, frozen=True):
    """One command or reply between STX and ETX. `format`: the number selected; `time`: ISO 8601 without zone, 20xx."""

    name: str
    format: int | None = None
    time: str = ""


def select_format(number: int) -> bytes:
    """Return the command that makes the device send data format `number` from now on (page 4)."""
    return bytes((STX, SELECT_FORMAT, _FORMAT_SIZE, _FORMAT_TYPE, number, ETX))


def parse_command(data: bytes) -> Command:
    """Take a command, or the reply to one, apart. FrameError("command") if it is none of page 4 or 5."""
    if len(data) < _OVERHEAD or data[0] != STX or data[-1] != ETX or data[2] != len(data) - _OVERHEAD:
        raise FrameError("command")
    code, body = data[1], data[3:-1]
    if code == SELECT_FORMAT and len(body) == _FORMAT_SIZE and body[0] == _FORMAT_TYPE:
        return Command("select_data_format", format=body[1])
    if code == DATE_TIME and not body:
        return Command("get_time")
    if code in (DATE_TIME, DATE_TIME_REPLY) and len(body) == _DATE_TIME_SIZE:
        return Command("set_time" if code == DATE_TIME else "time", time=_date_time(body))
    raise FrameError("command")


def _date_time(fields: bytes) -> str:
    year, month, day, hour, minute, second = fields
    return f"20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def prompt(number: int, *, until_answered: bool = False) -> Prompt:
    """Return what a device that does not talk in data format `number` is told."""
    return Prompt(select_format(number), QUIET, ACK, NAK, until_answered)


def spo2(value: int) -> int | None:
    """Return SpO2 in %, None where it is missing; FrameError("implausible") where no device can mean it."""
    return _value(value, MAX_SPO2, NO_SPO2)


def rate(value: int) -> int | None:
    """Return the pulse rate in /min, None where it is missing; FrameError("implausible") as for SpO2."""
    return _value(value, MAX_RATE, NO_RATE)


def _value(value: int, most: int, missing: int) -> int | None:
    if most < value != missing:
        raise FrameError("implausible")
    return None if value in (0, missing) else value


def spo2_field(sample: Sample) -> int:
    """Return the seven bits for the SpO2 of `sample`."""
    value = sample.values.get("spo2", 0)
    return value if 0 < value <= MAX_SPO2 else NO_SPO2


def rate_field(sample: Sample) -> int:
    """Return the nine bits for the pulse rate of `sample`."""
    value = sample.values.get("pulse_rate", 0)
    return value if 0 < value <= MAX_RATE else NO_RATE


def reasons(flags: int, meanings: dict[int, Reason]) -> tuple[Reason, ...]:
    """Return what the bits of `flags` say of the sensor, in the order of `meanings`."""
    return tuple(reason for bit, reason in meanings.items() if flags & bit)


def flags(sample: Sample, meanings: dict[int, Reason]) -> int:
    """Return the bits that say the conditions of `sample`."""
    return sum(bit for bit, reason in meanings.items() if reason in sample.conditions)
