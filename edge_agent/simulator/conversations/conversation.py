"""What every conversation offers, and the timetable that those share which send by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Family, Mode, Sample

Frames = list[tuple[str, bytes]]
"""(channel, bytes) in the order they leave the device."""

Measure = Callable[[int], "Sample | None"]
"""What the device measures at a time of its own, ns; None while a spot device has nothing new."""

MOST_FRAMES = 200
"""Frames sent at once after a pause; what is older was never sent."""


class Conversation(Protocol):
    """The device's end of a line. Times are ns of the device and never go back."""

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take what the host sent."""

    def say(self, now: int) -> Frames:
        """Return what the device has sent since it was asked last."""

    def hung_up(self) -> None:
        """Forget the conversation: the cable is out, the next host begins anew."""


class Pace:
    """When a device that sends every `period` ns does so, from `first` on; None: from when it is first asked."""

    def __init__(self, period: int, first: int | None = None) -> None:
        self._period = period
        self._next = first

    def due(self, now: int) -> Iterator[int]:
        """Yield each time to send at, up to `now`; after a long pause the newest `MOST_FRAMES` only."""
        at = now if self._next is None else max(self._next, now - MOST_FRAMES * self._period)
        while at <= now:
            yield at
            at += self._period
        self._next = at

    def rest(self) -> None:
        """Begin anew with the next question."""
        self._next = None


def pace(family: Family, first: int | None = None) -> Pace:
    """Return the timetable of a family's device; one with spot measurements alone looks every second for a new one."""
    spot = all(measure.mode is Mode.SPOT for measure in family.measures)
    return Pace(SECOND if spot else family.period, first)
