"""When bytes prove a family: several good frames, the more the weaker the family's check, and little beside them."""

from __future__ import annotations

from edge_agent.gateway.capture import Data, Happening
from firmware_bridges.bridge import Family, Strength
from firmware_bridges.vitals import Event, Identity, Malformed, Reading, Send

NEEDED = {Strength.STRONG: 2, Strength.WEAK: 3, Strength.NONE: 5}
"""Good frames that prove a family, by the strength of its check."""

MOST_BESIDE = 0.3
"""Share of bytes that may be no frame: the first and the last are cut in half, more is another language."""


ENOUGH_BYTES = 1500
"""So many without a single frame are another language: more than two messages of any talker."""


class Evidence:
    """What speaks for one family on one line; a `Tell`."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.frames = 0
        self._ordinal = 0
        self._bytes = 0
        self._beside = 0

    def __call__(self, happening: Happening, events: list[Event]) -> None:
        """Count what the family's bridge said to bytes; what it says unasked proves nothing."""
        if not isinstance(happening, Data):
            return
        self._bytes += len(happening.hex) // 2
        for event in events:
            if isinstance(event, Reading):
                self.frames += event.frame > self._ordinal
                self._ordinal = max(self._ordinal, event.frame)
            elif isinstance(event, (Identity, Send)):
                self.frames += 1
            elif isinstance(event, Malformed):
                self._beside += event.dropped

    @property
    def proven(self) -> bool:
        """Tell whether it is this family."""
        return self.frames >= NEEDED[self.family.check.strength] and self._beside <= MOST_BESIDE * self._bytes

    @property
    def hopeless(self) -> bool:
        """Tell whether waiting on is of no use."""
        return self._bytes >= ENOUGH_BYTES and not self.frames
