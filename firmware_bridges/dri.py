"""Frames and records of the Datex-Ohmeda Record Interface (DRI): what every S/5 record has in common, and requests.

A frame is a record and its 8-bit sum between two flags, with flags and escapes inside it escaped. A record is a header
of 40 bytes, which says where up to eight subrecords begin and what they are, and the subrecords. Little-endian.

Source: GE S/5 Computer Interface Specification M1017617, 12th edition, framing and Appendix A; S/5 DRI Specification
8005313, header and requests; devices.md section 2.8.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from firmware_bridges.framing import FrameError

FLAG, ESCAPE = 0x7E, 0x7D

LONGEST = 1600
"""Bytes of the longest frame taken: the largest record is 1490 bytes, and ours with the basic class alone 319."""

HEADER = 40
"""Bytes of a record's header."""

PHDB, WAVE = 0, 1
"""Main types of a record: physiological data, waveforms."""

DISPLAYED, TREND_10S, TREND_60S = 1, 2, 3
"""Types of a physiological subrecord, and what a request asks for: present values, trends over 10 s and 60 s."""

ALL_EXTENSIONS = 0x0E
"""Classes of data in a request: the basic class and its three extensions. Bit 0 would leave the basic class out."""

_END = 0xFF
_PHDB_REQUEST, _WAVE_REQUEST = 9, 32
_WAVE_TYPES = 4
_HEADER = struct.Struct("<hBBHIBBHh")
_DESCRIPTOR = struct.Struct("<hB")
_DESCRIPTORS = 8
_ESCAPED = {FLAG: b"\x7d\x5e", ESCAPE: b"\x7d\x5d"}


class Subrecord(NamedTuple):
    """One subrecord: its type and its bytes up to the next subrecord."""

    kind: int
    data: bytes


class Record(NamedTuple):
    """A record: its length as it says, interface level, time (Unix seconds, 0 unset), main type and subrecords."""

    length: int
    level: int
    time: int
    main_type: int
    subrecords: tuple[Subrecord, ...]


def cut_frame(buffer: bytes, start: int) -> int:
    """Cut frames whose flags, escapes and sum are right: the `Cut` of DRI."""
    if buffer[start] != FLAG:
        end = buffer.find(FLAG, start)
        return start - (end if end >= 0 else len(buffer))
    end = buffer.find(FLAG, start + 1, start + LONGEST)
    if end < 0:
        return -LONGEST if len(buffer) - start >= LONGEST else 0
    try:
        unframe(buffer[start : end + 1])
    except FrameError:
        return start - end  # the second flag may begin the next frame
    return end + 1 - start


def frame(record: bytes) -> bytes:
    """Return `record` as sent: with its sum, escaped, between flags."""
    summed = record + bytes((sum(record) & 0xFF,))
    return bytes((FLAG,)) + b"".join(_ESCAPED.get(byte) or bytes((byte,)) for byte in summed) + bytes((FLAG,))


def unframe(data: bytes) -> bytes:
    """Return the record in a frame. FrameError: "no-frame", "escape" or "checksum"."""
    inner = data[1:-1]
    if len(inner) <= HEADER or data[0] != FLAG or data[-1] != FLAG:
        raise FrameError("no-frame")
    if inner.count(ESCAPE) != inner.count(b"\x7d\x5e") + inner.count(b"\x7d\x5d") or FLAG in inner:
        raise FrameError("escape")
    plain = inner.replace(b"\x7d\x5e", b"\x7e").replace(b"\x7d\x5d", b"\x7d")
    if sum(plain[:-1]) & 0xFF != plain[-1]:
        raise FrameError("checksum")
    return plain[:-1]


def parse_record(record: bytes) -> Record:
    """Take a record apart. FrameError: "length" if it is not as long as it says, "subrecord" if one begins beyond."""
    length, _, level, _, time, _, _, _, main_type = _HEADER.unpack_from(record)
    if length != len(record):
        raise FrameError("length")
    found = []
    for place in range(_DESCRIPTORS):
        offset, kind = _DESCRIPTOR.unpack_from(record, _HEADER.size + place * _DESCRIPTOR.size)
        if kind == _END:
            break
        if not 0 <= offset <= length - HEADER:
            raise FrameError("subrecord")
        found.append((HEADER + offset, kind))
    ends = [*(start for start, _ in found), length][1:]
    parts = tuple(Subrecord(kind, record[start:end]) for (start, kind), end in zip(found, ends, strict=True))
    return Record(length, level, time, main_type, parts)


def record(main_type: int, subrecords: tuple[Subrecord, ...], *, level: int = 0, time: int = 0) -> bytes:
    """Return a record of at most seven subrecords."""
    body = b"".join(each.data for each in subrecords)
    descriptors, offset = b"", 0
    for each in subrecords:
        descriptors += _DESCRIPTOR.pack(offset, each.kind)
        offset += len(each.data)
    descriptors = (descriptors + _DESCRIPTOR.pack(0, _END)).ljust(_DESCRIPTORS * _DESCRIPTOR.size, b"\0")
    return _HEADER.pack(HEADER + len(body), 0, level, 0, time, 0, 0, 0, main_type) + descriptors + body


def data_request(kind: int, interval: int, classes: int, level: int = 0) -> bytes:
    """Return the frame that asks for physiological data of `kind` every `interval` s (5 or more; 0 stops it)."""
    body = struct.pack("<BhI", kind, interval, classes).ljust(_PHDB_REQUEST, b"\0")
    return frame(record(PHDB, (Subrecord(0, body),), level=level))


def wave_request(types: bytes, *, stop: bool = False, level: int = 0) -> bytes:
    """Return the frame that starts, or stops, the waveforms of `types`, at most eight."""
    body = struct.pack("<hH", int(stop), 0) + (types + bytes((_END,)))
    return frame(record(WAVE, (Subrecord(0, body.ljust(_WAVE_REQUEST, b"\0")),), level=level))


class Request(NamedTuple):
    """A request as sent. Data: `kind`, `interval` in s, `classes`. Waves: `kind` 0 start, 1 stop; `types`, FF ends."""

    main_type: int
    kind: int
    interval: int
    classes: int
    types: tuple[int, ...]


def parse_request(parsed: Record) -> Request:
    """Take a record as a request. FrameError("request") if it is none."""
    data = parsed.subrecords[0].data if parsed.subrecords else b""
    if parsed.main_type == WAVE and len(data) == _WAVE_REQUEST:
        types = data[_WAVE_TYPES:]
        return Request(WAVE, data[0], 0, 0, tuple(types[: types.find(_END) + 1]))
    if parsed.main_type == PHDB and len(data) == _PHDB_REQUEST:
        kind, interval, classes = struct.unpack_from("<BhI", data)
        return Request(PHDB, kind, interval, classes, ())
    raise FrameError("request")
