"""What the night holds back: the day would have announced it, and so it stands as an alert would, but silently.

It is announced once it has stood for the night's longer delay, or as soon as the night is over. It ends, and is told as
suppressed, when the day's alert would have ended. High is never held back.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from edge_agent.bedside.verdict import Timing
from edge_agent.domain.alerts import Priority


class Held(msgspec.Struct):
    """`since`: per priority, when the day would have announced it, in ns. `weak`: since when it has been less bad."""

    since: dict[Priority, int] = {}
    weak: int | None = None

    @property
    def first(self) -> int | None:
        """Return when the day would have announced the alert, in ns; None if nothing is held back."""
        return min(self.since.values(), default=None)

    @property
    def loudest(self) -> Priority | None:
        """Return the priority the day's alert would have."""
        return max(self.since, key=_rank, default=None)

    def follow(self, present: Collection[Priority], due: Priority | None, now: int, timing: Timing) -> None:
        """Take what is present at `now` (ns), as bad as `present` says, and what the day declares `due`."""
        worse = [priority for priority in self.since if priority not in present]
        self.weak = None if not worse else now if self.weak is None else self.weak
        if self.weak is not None and now >= self.weak + timing.clear_after:
            self.since = {priority: at for priority, at in self.since.items() if priority in present}
            self.weak = None
        for priority in timing.delays if due is not None else ():
            if priority is not Priority.HIGH and due is not None and priority.rank <= due.rank:
                self.since.setdefault(priority, now)

    def ready(self, present: Collection[Priority], now: int, timing: Timing) -> Priority | None:
        """Return the loudest of what is `present` that has been held back for long enough at `now` (ns)."""
        over = [p for p in self.since if p in present and now >= self._until(p, timing)]
        return max(over, key=_rank, default=None)

    def deadlines(self, present: Collection[Priority], above: int, timing: Timing) -> list[int]:
        """Return when time alone announces something `present` of a rank `above` this one, or ends what is not."""
        times = [self._until(p, timing) for p in self.since if p in present and p.rank > above]
        return times if self.weak is None else [*times, self.weak + timing.clear_after]

    def _until(self, priority: Priority, timing: Timing) -> int:
        return self.since[priority] + timing.held.get(priority, 0)


def _rank(priority: Priority) -> int:
    return priority.rank
