"""A GE / Datex-Ohmeda monitor at its S/5 computer interface: sends displayed values as often as it was asked to.

It answers requests of its own interface level alone, as some monitors do. Source: GE M1017617; devices.md section 2.8.
"""

from __future__ import annotations

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations.conversation import Frames, Measure
from firmware_bridges import dri
from firmware_bridges.families.ge_s5_dri import FAMILY, LEVELS
from firmware_bridges.framing import FrameError, Stream


class S5Monitor:
    """`asked` are the levels of the requests heard so far."""

    def __init__(self, measure: Measure, level: int = LEVELS[0]) -> None:
        self.asked: list[int] = []
        self._level = level
        self._measure = measure
        self._encoder = FAMILY.encoder()
        self._stream = Stream()
        self._interval = 0
        self._due = 0

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take requests; those of another level, or for anything but displayed values, change nothing."""
        for frame in self._stream.frames(data, now, dri.cut_frame, []):
            try:
                record = dri.parse_record(dri.unframe(frame))
                request = dri.parse_request(record)
            except FrameError:
                continue
            self.asked.append(record.level)
            if record.level == self._level and (request.main_type, request.kind) == (dri.PHDB, dri.DISPLAYED):
                self._interval = request.interval * SECOND
                self._due = now + self._interval

    def say(self, now: int) -> Frames:
        """Return a record when one is due; what was due longer ago was never sent."""
        if not self._interval or now < self._due:
            return []
        self._due = max(self._due, now - self._interval + 1) + self._interval
        sample = self._measure(now)
        return self._encoder.encode(sample) if sample else []

    def hung_up(self) -> None:
        """Wait to be asked again."""
        self._stream, self._interval = Stream(), 0
