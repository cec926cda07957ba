"""Finding frames in a byte stream: what the serial families share.

A family says by a `Cut` where its frames begin and end; `Stream` keeps the one partial frame between two chunks,
counts what was no frame, and knows how many frames in a row were good. However a stream is chunked, the same frames
and counts come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from firmware_bridges.vitals import Event, Malformed

REPORT = 256
"""Bytes without a frame that are reported though no frame followed: half a second of a CMS50 at 115200 baud."""

LONGEST_LINE = 256
"""Bytes of the longest line of text that any family sends, with its end; what goes on for longer is no text."""

Cut = Callable[[bytes, int], int]
"""(buffer, start) -> n. n > 0: a frame of n bytes begins at `start`. n < 0: -n bytes there are no frame. 0: more must
arrive.

It must decide on the bytes alone, and never hold back more than one frame of its family by answering 0.
"""


class FrameError(ValueError):
    """Bytes that are no frame of the family. Its message is the `why` of the `Malformed` that reports them."""


def cut_line(buffer: bytes, start: int) -> int:
    """Cut lines of text that end with a line feed: the `Cut` of families that send text."""
    end = buffer.find(b"\n", start, start + LONGEST_LINE)
    if end >= 0:
        return end + 1 - start
    return -LONGEST_LINE if len(buffer) - start >= LONGEST_LINE else 0


class Stream(msgspec.Struct):
    """A serial decoder's memory between two chunks; part of its snapshot.

    `partial` is the frame begun, `skipped` the bytes dropped and not yet reported, `streak` the good frames since the
    last drop.
    """

    partial: bytes = b""
    skipped: int = 0
    streak: int = 0

    def frames(self, data: bytes, at: int, cut: Cut, events: list[Event]) -> Iterator[bytes]:
        """Yield each frame that `data` completes, in order; append `Malformed` to `events` for what lies between.

        The caller must take all frames: the rest of `data` is kept only then.
        """
        buffer = self.partial + data if self.partial else data
        start = 0
        while start < len(buffer):
            size = cut(buffer, start)
            if size > 0:
                if self.skipped:
                    self._report(at, self.skipped, events)
                yield buffer[start : start + size]
                start += size
            elif size < 0:
                self._skip(-size, at, events)
                start -= size
            else:
                break
        self.partial = buffer[start:]

    def settled(self, needed: int) -> bool:
        """Count one good frame; say whether `needed` of them have now come in a row, so that chance is ruled out."""
        if self.streak < needed:
            self.streak += 1
        return self.streak >= needed

    def reset(self, at: int) -> list[Event]:
        """Forget the conversation; say how many bytes of it made no frame."""
        dropped = self.skipped + len(self.partial)
        self.partial, self.skipped, self.streak = b"", 0, 0
        return [Malformed(at, "incomplete", dropped)] if dropped else []

    def _skip(self, count: int, at: int, events: list[Event]) -> None:
        self.streak = 0
        self.skipped += count
        while self.skipped >= REPORT:
            self._report(at, REPORT, events)

    def _report(self, at: int, count: int, events: list[Event]) -> None:
        self.skipped -= count
        events.append(Malformed(at, "no-frame", count))
