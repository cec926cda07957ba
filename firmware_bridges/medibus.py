"""Draeger MEDIBUS: messages, and what their bodies hold.

Both ends send commands (ESC) and answer each with a response (SOH): code, body, two hexadecimal digits of an 8-bit
sum, carriage return. A command may stand inside a response, with a sum of its own. Bytes from 0x80 up are real-time
data: they may stand anywhere between the others and belong to no sum. Text is ASCII.

Source: "Draeger RS 232 MEDIBUS Protocol Definition" 90 28 258, revision level 4.03, pages 5 to 24 and 35 to 39;
devices.md section 2.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from firmware_bridges.framing import FrameError

SOH, CR, SUSPEND, RESUME, NAK, CANCEL, ESC = 0x01, 0x0D, 0x11, 0x13, 0x15, 0x18, 0x1B
"""Control characters (page 39). MEDIBUS suspends with DC1 and resumes with DC3, the other way round than XON/XOFF."""

NOP, ICC, STOP, IDENTIFY = 0x30, 0x51, 0x55, 0x52
"""Commands of control, and the one that asks who the other end is (page 8)."""

DATA_1, DATA_2, ALARMS_1, ALARMS_2 = 0x24, 0x2B, 0x27, 0x2E
"""Commands that ask for measured data and alarms, by code page (page 8)."""

DATE_TIME, TIME_CHANGED = 0x28, 0x49
"""The command that asks for the clock, and the one that tells that it was set (pages 8 and 9)."""

LONGEST = 768
"""Bytes of the longest message read: 127 values or 50 alarms. What is not asked for here may have 3845 (page 10)."""

_OVERHEAD = 5
_REALTIME = bytes(range(0x80, 0x100))
_DATA_SIZE, _ALARM_SIZE = 6, 15
_PRIORITY_BASE = 0x30
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ")
_ENGLISH_MONTHS = {"MAY": "MAI", "OCT": "OKT", "DEC": "DEZ"}
_NUMBER = re.compile(r" *(-?) *(\d+\.?\d*|\.\d+) *")
_HEX = re.compile(r"[0-9A-F]{2}")
_CLOCK = re.compile(r" *(\d{1,2}): *(\d{1,2})(?:: *(\d{1,2}))? *(\d{1,2})-([A-Z]{3})[- ] *(\d{1,2}) *", re.IGNORECASE)
_IDENTITY = re.compile(r"([0-9A-F]{4})'([^']{0,32})' *(\d\d\.\d\d)[: ] *(\d\d\.\d\d)")


class Message(NamedTuple):
    """One command or response with a right sum."""

    is_command: bool
    code: int
    body: str


class Alarm(NamedTuple):
    """One active alarm: `priority` from 1 to 31, the highest; `code` on its page; the device's own words."""

    priority: int
    code: str
    phrase: str


class Identification(NamedTuple):
    """Who the other end is: its number with Draeger, its name, its revision and that of its MEDIBUS."""

    number: str
    name: str
    revision: str
    medibus: str


def command(code: int, body: str = "") -> bytes:
    """Return a command as sent."""
    return _framed(ESC, code, body)


def response(code: int, body: str = "") -> bytes:
    """Return the response to the command `code` as sent; NAK is the one to a corrupt command."""
    return _framed(SOH, code, body)


def _framed(start: int, code: int, body: str) -> bytes:
    message = bytes((start, code)) + body.encode("ascii")
    return message + checksum(message) + bytes((CR,))


def checksum(message: bytes) -> bytes:
    """Return the low eight bits of the sum of all bytes from the start on, as two hexadecimal digits in capitals."""
    return b"%02X" % (sum(message) & 0xFF)


def without_realtime(data: bytes) -> bytes:
    """Return `data` without real-time bytes."""
    return data.translate(None, _REALTIME)


def cut(buffer: bytes, start: int) -> int:
    """Cut messages, each with the commands embedded in it: the `Cut` of MEDIBUS. A start inside ends what was begun."""
    outer = buffer[start]
    if outer not in (SOH, ESC):
        return -1
    embedded = False
    for at in range(start + 1, min(len(buffer), start + LONGEST)):
        byte = buffer[at]
        if byte == CR and not embedded:
            return at + 1 - start
        if byte == SOH or (byte == ESC and (embedded or outer == ESC)):
            return -1
        embedded = byte == ESC or (embedded and byte != CR)
    return -1 if len(buffer) - start >= LONGEST else 0


def messages(frame: bytes) -> Iterator[bytes]:
    """Yield the commands embedded in what `cut` found, in their order, then the message around them."""
    around = frame[:1]
    for part in re.split(rb"(\x1b[^\r]*\r)", frame[1:]):
        if part[:1] == b"\x1b":
            yield part
        else:
            around += part
    yield around


def parse_message(data: bytes) -> Message:
    """Take one message apart. FrameError: "length", or "checksum"."""
    if len(data) < _OVERHEAD:
        raise FrameError("length")
    if data[-3:-1] != checksum(data[:-3]):
        raise FrameError("checksum")
    return Message(data[0] == ESC, data[1], data[2:-3].decode("latin-1"))


def number(text: str) -> Decimal | None:
    """Return a field's number, None for spaces; a minus may stand apart from its digits. FrameError("content")."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        if text.strip():
            raise FrameError("content")
        return None
    return Decimal(found[1] + found[2])


def parse_data(body: str) -> dict[str, Decimal | None]:
    """Return measured values or limits by their codes (page 12); FrameError("content") if the body is none."""
    return {item[:2]: number(item[2:]) for item in _items(body, _DATA_SIZE)}


def parse_alarms(body: str) -> tuple[Alarm, ...]:
    """Return the active alarms (page 12); FrameError("content") if the body is none."""
    items = _items(body, _ALARM_SIZE, code_at=1)
    return tuple(Alarm(ord(item[0]) - _PRIORITY_BASE, item[1:3], item[3:].rstrip()) for item in items)


def pack_alarms(alarms: Iterable[Alarm]) -> str:
    """Return the body that says `alarms`."""
    return "".join(f"{alarm.priority + _PRIORITY_BASE:c}{alarm.code}{alarm.phrase:12.12}" for alarm in alarms)


def _items(body: str, size: int, code_at: int = 0) -> list[str]:
    items = [body[at : at + size] for at in range(0, len(body), size)]
    if len(body) % size or not all(_HEX.fullmatch(item, code_at, code_at + 2) for item in items):
        raise FrameError("content")
    return items


def date_time(body: str) -> str:
    """Return a device's clock as ISO 8601 without zone (page 13). FrameError("content").

    Devices write months in German or English, and shorten fields: ` 9:33 7-OCT-14`.
    """
    found = _CLOCK.fullmatch(body)
    if found is None:
        raise FrameError("content")
    hour, minute, second, day, name, year = found.groups()
    month = _ENGLISH_MONTHS.get(name.upper(), name.upper())
    if month not in _MONTHS:
        raise FrameError("content")
    date = f"20{int(year):02}-{_MONTHS.index(month) + 1:02}-{int(day):02}"
    return f"{date}T{int(hour):02}:{int(minute):02}:{int(second or 0):02}"


def parse_identification(body: str) -> Identification:
    """Return who answered (page 15); FrameError("content") if the body does not say."""
    found = _IDENTITY.fullmatch(body)
    if found is None:
        raise FrameError("content")
    number, name, revision, medibus = found.groups()
    return Identification(number, name.strip(), revision, medibus)
