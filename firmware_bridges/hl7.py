"""HL7 version 2 messages: segments, separators, escapes, times and acknowledgements.

Text is taken byte by byte (Latin-1): separators and codes are ASCII whatever the character set, and an identifier is
sent back in the very bytes it came in.

Source: HL7 Version 2.6, chapter 2 (encoding rules 2.5 to 2.7, processing rules 2.9), tables 0008, 0155 and 0357.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from firmware_bridges.framing import FrameError
from firmware_bridges.mllp import wrap

_MARKS = 5
DECLARATION = 3 + _MARKS
"""Bytes at the beginning of a header that say how its message is structured: MSH and the five characters."""
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,4}))?)?(?:([+-])(\d\d)(\d\d))?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a device's clock has no zone, or says it in its own field


class Marks(NamedTuple):
    """The characters that structure a message, as its header declares them."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str


@lru_cache(maxsize=8)
def marks_of(header: str) -> Marks:
    """Return what the beginning of a header declares. FrameError("separators") unless they are five different signs."""
    declared = header[3 : 3 + _MARKS]
    signs = all(each.isascii() and each.isprintable() and not each.isalnum() and each != " " for each in declared)
    if not header.startswith("MSH") or len(set(declared)) < _MARKS or not signs:
        raise FrameError("separators")
    return Marks(*declared)


class Segment(NamedTuple):
    """One segment. `fields` are numbered as in the standard, the name at 0; MSH-1 is the field separator itself."""

    fields: tuple[str, ...]
    marks: Marks

    @property
    def name(self) -> str:
        """Return its three letters."""
        return self.fields[0]

    def raw(self, number: int) -> str:
        """Return a field as sent; "" if it is absent."""
        return self.fields[number] if number < len(self.fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """Return the first component of each repetition of a field, those that say something."""
        each = (text.split(self.marks.component)[0] for text in self.raw(number).split(self.marks.repetition))
        return [self.plain(text) for text in each if text]

    def components(self, number: int) -> list[str]:
        """Return the components of a field's first repetition."""
        first = self.raw(number).split(self.marks.repetition)[0]
        return [self.plain(text) for text in first.split(self.marks.component)]

    def text(self, number: int, component: int = 1) -> str:
        """Return one component, "" if it is absent."""
        found = self.components(number)
        return found[component - 1] if component <= len(found) else ""

    def plain(self, text: str) -> str:
        """Return `text` with its escape sequences replaced; formatting is left out."""
        if self.marks.escape not in text:
            return text
        mark = re.escape(self.marks.escape)
        return re.sub(f"{mark}([^{mark}]*){mark}", self._escaped, text)

    def _escaped(self, found: re.Match[str]) -> str:
        code = found[1]
        named = dict(zip("FSRET", self.marks, strict=True))
        if code in named:
            return named[code]
        if re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
            return bytes.fromhex(code[1:]).decode("latin-1")
        return ""


def parse_segment(data: bytes, header: bytes) -> Segment:
    """Take a segment of the message with this `header`, or so begun, apart. FrameError as `marks_of`."""
    marks = marks_of(header[:DECLARATION].decode("latin-1"))
    fields = data.decode("latin-1").split(marks.field)
    if fields[0] == "MSH":
        fields.insert(1, marks.field)
    return Segment(tuple(fields), marks)


def parse_header(header: bytes) -> Segment:
    """Take a message's first segment apart. FrameError as `marks_of`."""
    return parse_segment(header, header)


class Stamp(NamedTuple):
    """A device's time: `ms` since 1970 by its own clock, and that clock's `zone` in minutes if it says so."""

    ms: int
    zone: int | None = None

    @property
    def ns(self) -> int:
        """Return ns since 1970, in UTC if the zone is known."""
        return (self.ms - (self.zone or 0) * 60_000) * 1_000_000

    def after(self, other: Stamp) -> int:
        """Return by how many ns this is later; a zone that only one of the two gives is that of both."""
        one_zone = self.zone is None or other.zone is None
        return (self.ms - other.ms) * 1_000_000 if one_zone else self.ns - other.ns


@lru_cache(maxsize=8)
def parse_time(text: str) -> Stamp | None:
    """Return a time that is at least exact to the minute; None for any other, and for what is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    *date, second, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute = map(int, date)
    try:
        moment = datetime(year, month, day, hour, minute, int(second or 0))  # noqa: DTZ001 - as _EPOCH
    except ValueError:
        return None
    ms = (moment - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "0").ljust(4, "0")) // 10
    zone = None if sign is None else int(f"{sign}1") * (int(hours) * 60 + int(minutes))
    return Stamp(ms, zone)


@lru_cache(maxsize=8)
def iso_time(ms: int) -> str:
    """Return the time of a `Stamp` as ISO 8601 without zone."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat()


class Outcome(str, Enum):
    """What became of a message; with A before it an acknowledgement of the application, with C one of receipt."""

    ACCEPTED = "A"
    ERROR = "E"
    REJECTED = "R"


class Fault(Enum):
    """Why a message is not taken: the outcome, the code of table 0357 and what it means there."""

    MISSING = (Outcome.REJECTED, "101", "Required field missing")
    TYPE = (Outcome.REJECTED, "200", "Unsupported message type")
    EVENT = (Outcome.REJECTED, "201", "Unsupported event code")
    PROCESSING = (Outcome.REJECTED, "202", "Unsupported processing id")
    VERSION = (Outcome.REJECTED, "203", "Unsupported version id")
    STRANGER = (Outcome.REJECTED, "204", "Unknown key identifier")
    INTERNAL = (Outcome.ERROR, "207", "Application internal error")


def acknowledgements(header: Segment, fault: Fault | None, number: int) -> bytes:
    """Return every acknowledgement the sender of `header` wants; `number` makes ours different from each other.

    Without MSH-15 and MSH-16 that is one of the application (original mode); with either, what they ask for: receipt by
    MSH-15, application by MSH-16 (enhanced mode). Their time is the sender's own: nobody here has a clock.
    """
    outcome = fault.value[0] if fault else Outcome.ACCEPTED
    receipt, application = header.text(15), header.text(16)
    modes = [("C", receipt), ("A", application)] if receipt or application else [("A", "AL")]
    codes = [mode + outcome.value for mode, wanted in modes if _wants(wanted, outcome)]
    return b"".join(_acknowledgement(header, fault, code, f"{number}{code}") for code in codes)


def _wants(wanted: str, outcome: Outcome) -> bool:
    """Say whether an acknowledgement of `outcome` is wanted by table 0155; an empty field in enhanced mode says no."""
    if wanted in ("ER", "SU"):
        return (wanted == "SU") == (outcome is Outcome.ACCEPTED)
    return wanted not in ("", "NE")


def _acknowledgement(header: Segment, fault: Fault | None, code: str, control: str) -> bytes:
    marks = header.marks
    sender, facility, when, mode, version = (header.raw(number) for number in (3, 4, 7, 11, 12))
    kind = marks.component.join(filter(None, ("ACK", header.text(9, 2), "ACK")))
    head = ("MSH", "".join(marks[1:]), "EDGE-AGENT", "", sender, facility, when, "", kind, control, mode, version)
    said: list[tuple[str, ...]] = [head, ("MSA", code, header.raw(10))]
    if fault:
        _, number, meaning = fault.value
        said[1] += (meaning,)
        said.append(("ERR", "", "", marks.component.join((number, meaning, "HL70357")), "E"))
    return wrap(marks.field.join(fields) for fields in said)
