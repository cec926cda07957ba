"""Overwrites what can name a person in a stream of HL7 messages, byte for byte, before anybody records it.

What is not known to be harmless is masked: every segment but the header, the location of the visit, the time of the
observation and the results; of the results all text, and every number that is no vital of ours. The structure stays,
and the same readings come out. What is no message at all is masked whole.
"""

from __future__ import annotations

from firmware_bridges.framing import FrameError
from firmware_bridges.hl7 import Marks, Segment, marks_of
from firmware_bridges.hl7_terms import term_of
from firmware_bridges.mllp import END, SEGMENT, START

MASK = ord("X")
"""A letter: no separator of a message that is read can be one."""

KEPT: dict[str, frozenset[int]] = {
    "MSH": frozenset(range(22)) - {8},
    "PV1": frozenset({3}),
    "OBR": frozenset({1, 4, 7, 8}),
    "OBX": frozenset({1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 17, 18}),
}
"""Fields that pass, by segment. MSH-8 is a password; OBX-16, 23 to 25 and OBR-10, 16, 32 to 35 name staff."""

_LOCATION, _PLACES = 3, 3
"""Of PV1-3 point of care, room and bed pass, not the institution."""

_VALUE = 5
_NAME = 3
_DECLARED = 8
_NUMERIC = frozenset(b" 0123456789+-.")
_BREAKS = frozenset(b"\r\n")
_START, _END = START[0], END[0]


class Masker:
    """Masks one connection's bytes as they come; however they are cut, the same bytes come out."""

    def __init__(self) -> None:
        self._inside = False
        self._marks: Marks | None = None
        self._signs: frozenset[int] = frozenset()
        self._segment = bytearray()
        self._field = self._component = 0
        self._vital = False

    def mask(self, _channel: str, data: bytes) -> bytes:
        """Return `data` with every byte overwritten that may name somebody; controls and separators stay."""
        return bytes(map(self._byte, data))

    def _byte(self, byte: int) -> int:
        if byte == _START or (self._inside and byte == _END):
            self._inside = byte == _START
            self._marks = None
            self._begin()
            return byte
        if byte in _BREAKS or byte == _END:
            self._begin()
            return byte
        return self._in_segment(byte) if self._inside else MASK

    def _begin(self) -> None:
        self._segment.clear()
        self._field, self._component, self._vital = 0, 1, False

    def _in_segment(self, byte: int) -> int:
        segment = self._segment
        if len(segment) <= SEGMENT:
            segment.append(byte)
        if len(segment) <= _NAME:
            return byte if any(name.encode().startswith(segment) for name in KEPT) else MASK
        if self._marks is None:
            return self._declaration(byte)
        if byte == ord(self._marks.field):
            self._next_field()
        elif byte == ord(self._marks.component):
            self._component += 1
        return byte if byte in self._signs or self._harmless(byte) else MASK

    def _declaration(self, byte: int) -> int:
        """Pass the header's separators; once all are there, they hold for the message."""
        text = self._segment.decode("latin-1")
        if not text.startswith("MSH") or len(text) > _DECLARED:
            return MASK
        if len(text) == _DECLARED:
            try:
                self._marks = marks_of(text)
            except FrameError:
                return MASK
            self._signs = frozenset("".join(self._marks).encode())
            self._field = 2
        return MASK if bytes((byte,)).isalnum() else byte

    def _next_field(self) -> None:
        self._field, self._component = self._field + 1, 1
        if self._field == _VALUE and self._marks and self._segment.startswith(b"OBX"):
            text = self._segment.decode("latin-1")
            self._vital = term_of(Segment(tuple(text.split(self._marks.field)), self._marks)) is not None

    def _named(self) -> bool:
        """Say whether the segment's name has three letters, and no fourth."""
        return self._marks is not None and self._segment[_NAME] == ord(self._marks.field)

    def _harmless(self, byte: int) -> bool:
        name = self._segment[:_NAME].decode("latin-1") if self._named() else ""
        if self._field not in KEPT.get(name, ()):
            return False
        if name == "PV1":
            return self._field == _LOCATION and self._component <= _PLACES
        if name == "OBX" and self._field == _VALUE:
            return self._vital and byte in _NUMERIC
        return True
