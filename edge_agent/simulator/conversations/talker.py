"""A device that talks unasked and hears nothing."""

from __future__ import annotations

from edge_agent.simulator.conversations.conversation import Frames, Measure, pace
from firmware_bridges.bridge import Family


class Talker:
    """Sends every frame of its family when it is due, the first at `first` or when it is first asked."""

    def __init__(self, family: Family, measure: Measure, first: int | None = None) -> None:
        self._measure = measure
        self._encoder = family.encoder()
        self._pace = pace(family, first)

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Hear nothing."""

    def say(self, now: int) -> Frames:
        """Return the frames of every sample that is due."""
        samples = [self._measure(at) for at in self._pace.due(now)]
        return [frame for sample in samples if sample is not None for frame in self._encoder.encode(sample)]

    def hung_up(self) -> None:
        """Go on where it is when somebody listens again."""
        self._pace.rest()
