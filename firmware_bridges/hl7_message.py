"""One ORU^R01 message, segment by segment: kept small, because it must not count before its end is there."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import msgspec

from firmware_bridges.bridge import Measure, Mode
from firmware_bridges.framing import FrameError
from firmware_bridges.hl7 import DECLARATION, Fault, Segment, Stamp, parse_header, parse_segment, parse_time
from firmware_bridges.hl7_terms import said_of
from firmware_bridges.mllp import SEGMENT
from firmware_bridges.vitals import Reason

HEADER = 384
"""Bytes of the longest header: it is kept until its message ends. Real ones take about 200."""

MOST = 24
"""Results of vitals in one message; with more it is refused as a whole."""

MEASURES = (
    Measure("heart_rate", Mode.CONTINUOUS),
    Measure("spo2", Mode.CONTINUOUS),
    Measure("pulse_rate", Mode.CONTINUOUS),
    Measure("perfusion_index", Mode.CONTINUOUS),
    Measure("respiratory_rate", Mode.CONTINUOUS),
    Measure("temperature", Mode.SPOT),
    Measure("systolic", Mode.SPOT),
    Measure("diastolic", Mode.SPOT),
    Measure("mean_pressure", Mode.SPOT),
    Measure("pulse_rate_nibp", Mode.SPOT),
)
"""What HL7 monitors deliver, by the number that stands for each in a `Result`. The order is that of display."""

_PLACE = {measure.vital: place for place, measure in enumerate(MEASURES)}
REASONS = tuple(Reason)
"""Reasons by the number that stands for each in a `Result`."""

PROCESSING = {"P": Reason.OK, "T": Reason.TEST, "D": Reason.TEST}
"""MSH-11: production, training, debugging."""

_LOCATION_PARTS = 3
_NAME_LENGTH = 64


class Result(msgspec.Struct, frozen=True, array_like=True):
    """One OBX of ours, kept small: the place of its vital in `MEASURES` and of its reason in `REASONS`.

    `ms`, `zone`: when it was measured, by the observation it belongs to or, if `own`, by itself and for once only.
    """

    measure: int
    value: int | None
    reason: int
    ms: int | None
    zone: int | None
    own: bool
    site: str

    @property
    def stamp(self) -> Stamp | None:
        """Return when it was measured."""
        return None if self.ms is None else Stamp(self.ms, self.zone)


class Message(msgspec.Struct, array_like=True):
    """What is known of the message that is being read: `size` bytes of it. `digest` is of them, `place` of its bed."""

    header: bytes = b""
    size: int = 0
    fault: str = ""
    digest: int = 0
    place: int = 0
    observed: str = ""
    results: list[Result] = []


def sender_of(header: Segment) -> int:
    """Return what stands for application and facility (MSH-3, MSH-4), 0 if neither is named."""
    named = header.raw(3) + header.marks.field + header.raw(4)
    return crc32(named.encode()) if named.strip("".join(header.marks)) else 0


def take(message: Message, data: bytes) -> None:
    """Take a segment into its message. FrameError if a result cannot be understood: that one is left out."""
    if not message.header:
        _take_header(message, data)
    elif data.startswith(b"OBX"):
        _take_result(message, data)
    else:
        _take_context(message, parse_segment(data, message.header))


def _take_context(message: Message, segment: Segment) -> None:
    if segment.name == "MSH":
        message.fault = "two headers"
    elif segment.name == "OBR":
        message.observed = segment.raw(7)[:_NAME_LENGTH]
    elif segment.name == "PV1":
        place = "^".join(segment.components(3)[:_LOCATION_PARTS]).strip("^&")
        message.place = crc32(place.encode()) if place else 0


def _take_header(message: Message, data: bytes) -> None:
    if message.fault:
        return
    try:
        parse_header(data)
    except FrameError as error:
        message.fault = str(error)
        return
    if len(data) > HEADER:
        message.fault = "header"
    else:
        message.header = data


def _take_result(message: Message, data: bytes) -> None:
    result = _result(data, message.header[:DECLARATION], message.observed)
    if result is None:
        return
    if len(data) > SEGMENT:
        raise FrameError("segment too long")
    if len(message.results) == MOST:
        message.fault = "too many results"
    else:
        message.results.append(result)


@lru_cache(maxsize=64)
def _result(data: bytes, declaration: bytes, observed: str) -> Result | None:
    segment = parse_segment(data, declaration)
    said = said_of(segment) if segment.name == "OBX" else None
    if said is None:
        return None
    own = segment.raw(14)
    stamp = parse_time(own or observed)
    # A time that is there and cannot be read is a time long past: nothing shows the value to be fresh.
    ms, zone = stamp or ((0, None) if own or observed else (None, None))
    repeatable = bool(own) and not said.corrects
    return Result(_PLACE[said.vital], said.value, REASONS.index(said.reason), ms, zone, repeatable, said.site)


def fault_of(header: Segment, message: Message) -> Fault | None:
    """Return why a message is not taken, whoever sent it."""
    kind, event = header.text(9), header.text(9, 2)
    if message.fault:
        return Fault.INTERNAL
    if kind != "ORU":
        return Fault.TYPE
    if event != "R01":
        return Fault.EVENT
    if header.text(11) not in PROCESSING:
        return Fault.PROCESSING
    if not header.text(12).startswith("2"):
        return Fault.VERSION
    return None if header.raw(10) else Fault.MISSING
