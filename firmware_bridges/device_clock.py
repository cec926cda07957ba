"""Does a message come when it was sent? Told by the sender's clock, without trusting that clock.

A sender keeps what was not acknowledged and sends it when the line is back: hours late, in order, and to look at
like live values. Its clock may be wrong, but it runs. So the offset between its clock and the arrival is learnt, and a
message whose offset is another one has waited. A clock that was set looks the same, until it has run with the new
offset for a minute: messages that waited do not come at the pace at which they were written.
"""

from __future__ import annotations

import msgspec

TOLERANCE = 10_000_000_000
"""Delays and steps of a clock that mean nothing (ns): the least age at which a continuous value is stale."""

STEADY = 60_000_000_000
"""So long (ns) a new offset must hold before it is believed."""

DRIFT = 1000
"""The offset is followed by one part in so many: more than any clock drifts, less than a queue grows."""


class DeviceClock(msgspec.Struct, array_like=True):
    """The offset believed, sender's clock minus arrival, ns; the one that may replace it, and since when it is seen."""

    heard: int | None = None
    offset: int = 0
    other: int = 0
    since: int | None = None

    def late(self, sent: int, at: int, *, sure: bool) -> bool:
        """Say whether what was sent at `sent` by the sender's clock and arrived at `at` has waited. Times in ns.

        Nothing is learnt from a time that is not `sure`. A line that was never heard before, or of another boot, has no
        offset yet: then nothing is late.
        """
        offset = sent - at
        if self.heard is None or at < self.heard:
            if sure:
                self.heard, self.offset, self.since = at, offset, None
            return False
        passed, self.heard = at - self.heard, at
        step = offset - self.offset
        if abs(step) <= TOLERANCE:
            drift = passed // DRIFT
            self.offset += max(-drift, min(step, drift))
            self.since = None
            return False
        return not self._believed(offset, at, sure=sure)

    def _believed(self, offset: int, at: int, *, sure: bool) -> bool:
        if self.since is not None and abs(offset - self.other) <= TOLERANCE:
            if at - self.since >= STEADY:
                self.offset, self.since = self.other, None
                return True
        elif sure:
            self.other, self.since = offset, at
        return False
