"""The minimal lower layer protocol: HL7 messages in a stream of bytes, taken apart as they come.

A block is 0x0B, segments that each end with a carriage return, 0x1C 0x0D. Only the segment begun is kept, so that
memory does not grow with the message; whoever reads the pieces must not act on a message before its `END`. Some devices
end segments with a line feed, or the last one not at all: both are read. A block that is begun again, or does not end
with 0x1C 0x0D, is abandoned.

Source: HL7 Version 2 transport specification MLLP, release 1; devices.md section 2.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from firmware_bridges.framing import REPORT
from firmware_bridges.vitals import Event, Malformed

START, END = b"\x0b", b"\x1c"
"""The pieces that begin and end a block; every other piece is a segment."""

SEGMENT = 640
"""Bytes kept of a segment; a piece longer than that is the beginning of a longer segment. Results take about 200."""

BLOCK = 1 << 18
"""Bytes of the longest block: what goes on for longer has lost its end."""

_RETURN = b"\r"
_CONTROL = re.compile(rb"[\x0b\x1c\r\n]")


class Blocks(msgspec.Struct, array_like=True):
    """What is remembered between two chunks: the segment begun, the bytes of the block so far, bytes of no block."""

    inside: bool = False
    ending: bool = False
    segment: bytes = b""
    size: int = 0
    skipped: int = 0

    def pieces(self, data: bytes, at: int, events: list[Event]) -> Iterator[bytes]:
        """Yield `START`, segments and `END` as `data` completes them; append `Malformed` to `events` for the rest.

        The caller must take all pieces.
        """
        place = 0
        for found in _CONTROL.finditer(data):
            if place < found.start():
                self._text(data[place : found.start()], at, events)
            place = found.end()
            if found[0] == START:
                self._begin(at, events)
                yield START
            elif self.ending and found[0] == _RETURN:
                self.inside, self.ending, self.size = False, False, 0
                yield END
            elif self._ends_segment(found[0], at, events) and self.segment:
                segment, self.segment = self.segment, b""
                yield segment
        if place < len(data):
            self._text(data[place:], at, events)

    def reset(self, at: int) -> list[Event]:
        """Forget a block begun; say how many bytes made no message."""
        dropped = self.skipped + self.size
        self.inside, self.ending, self.segment, self.size, self.skipped = False, False, b"", 0, 0
        return [Malformed(at, "incomplete", dropped)] if dropped else []

    def _text(self, text: bytes, at: int, events: list[Event]) -> None:
        if self.ending or self.size + len(text) > BLOCK:
            self._abandon(at, events)
        if self.inside:
            self.segment = (self.segment + text)[: SEGMENT + 1]
            self.size += len(text)
        else:
            self._skip(len(text), at, events)

    def _ends_segment(self, byte: bytes, at: int, events: list[Event]) -> bool:
        """Take a control that begins and ends no block; say whether it ends a segment."""
        if self.ending:
            self._abandon(at, events)
        if self.inside:
            self.size += 1
            self.ending = byte == END
        elif byte == END:
            self._skip(1, at, events)
        return self.inside

    def _begin(self, at: int, events: list[Event]) -> None:
        if self.size:
            self._abandon(at, events)
        if self.skipped:
            events.append(Malformed(at, "no-frame", self.skipped))
        self.inside, self.size, self.skipped = True, 1, 0

    def _abandon(self, at: int, events: list[Event]) -> None:
        size = self.size
        self.inside, self.ending, self.segment, self.size = False, False, b"", 0
        self._skip(size, at, events)

    def _skip(self, count: int, at: int, events: list[Event]) -> None:
        self.skipped += count
        while self.skipped >= REPORT:
            self.skipped -= REPORT
            events.append(Malformed(at, "no-frame", REPORT))


def wrap(segments: Iterable[str]) -> bytes:
    """Return one message as sent."""
    return START + b"".join(segment.encode("latin-1") + _RETURN for segment in segments) + END + _RETURN
