"""When a value was beyond its limit in the last minute, and the safety net for one that comes and goes.

Oximeters with a depth-times-duration delay sound after three violations in a minute, however short (SatSeconds, as
Mindray's BeneHeart D30 manual describes it on p51). Counting violations would punish the better patient: one who stays
beyond the limit has a single one. So three *moments* count, each at least `gap` after the one before: whoever is worse
at every moment has them too.
"""

from __future__ import annotations

import msgspec

from edge_agent.domain.settings import SECOND

WINDOW = 60 * SECOND
MOST = 32
"""Spans kept: a value that changed sides more often than that within a minute is at the limit all the time."""


class Violations(msgspec.Struct):
    """Spans [from, to] beyond the limit, oldest first, in ns; `open` since when it is beyond now."""

    spans: list[tuple[int, int]] = []
    open: int | None = None

    def beyond(self, since: int, now: int) -> None:
        """Note that the value is beyond its limit at `now`, since `since` unless it had been before."""
        if self.open is None:
            self.open = since
        self.spans = [span for span in self.spans if span[1] >= now - WINDOW][-MOST:]

    def inside(self, now: int) -> None:
        """Note that it is not."""
        if self.open is not None:
            self.spans.append((self.open, now - 1))
            self.open = None

    def due(self, now: int, gap: int) -> bool:
        """Tell whether the value was beyond at `now` and at two moments before it, in a minute and `gap` apart."""
        second = self._latest(now - gap, now)
        first = None if second is None else self._latest(second - gap, now)
        return first is not None and first >= now - WINDOW

    def deadline(self, now: int, gap: int) -> int | None:
        """Return the first moment from `now` on at which it is due if the value stays beyond, in ns."""
        if self.open is None:
            return None
        begins = [self.open, *(begin for begin, _ in self.spans)]
        moments = sorted(begin + times * gap for begin in begins for times in (1, 2))
        return next((moment for moment in moments if moment >= now and self.due(moment, gap)), None)

    def _latest(self, moment: int, now: int) -> int | None:
        """Return the last moment up to `moment` at which the value was beyond."""
        if self.open is not None and moment >= self.open:
            return min(moment, now)
        return next((min(moment, end) for begin, end in reversed(self.spans) if begin <= moment), None)
