"""The condition delay: how long, how deep and how often a finding must hold before it is declared.

A finding is declared when the first of these is reached: its priority's delay, which is the hard cap; a depth that acts
within a second; depth times duration; three moments in a minute. The last three wait for a second source where there is
one, and never beyond the cap. Everything here is monotone: pointwise worse values are declared no later.
"""

from __future__ import annotations

import msgspec

from edge_agent.bedside.held import Held
from edge_agent.bedside.verdict import Finding, Timing
from edge_agent.bedside.violations import Violations
from edge_agent.domain.alerts import LOUDEST_FIRST, Priority


class Delay(msgspec.Struct):
    """The delay's state, times in ns.

    `since[p]`: since when the finding has been at least as bad as priority p without a break. `deep`: since when beyond
    the deep limit, confirmed. `burden`: depth times ns up to `at`, from when on `depth` counts. `held`: what the night
    holds back.
    """

    since: dict[Priority, int] = {}
    deep: int | None = None
    burden: int = 0
    depth: int = 0
    at: int = 0
    violations: Violations = msgspec.field(default_factory=Violations)
    held: Held = msgspec.field(default_factory=Held)

    def present(self, finding: Finding, now: int, timing: Timing) -> None:
        """Count a finding that is present at `now`."""
        begun = now if finding.since is None else finding.since
        for priority in LOUDEST_FIRST:
            if priority.rank > finding.priority.rank:
                self.since.pop(priority, None)
            elif priority in timing.delays:
                self.since.setdefault(priority, begun)
        self.burden += self.depth * (now - self.at)
        self.depth, self.at = finding.depth if finding.confirmed else 0, now
        if not (finding.deep and finding.confirmed):
            self.deep = None
        elif self.deep is None:
            self.deep = begun
        if finding.confirmed:
            self.violations.beyond(begun, now)
        else:
            self.violations.inside(now)

    def absent(self, now: int, timing: Timing) -> None:
        """Begin anew; what was in the last minute is remembered, and what is held back as long as an alert would be."""
        self.since, self.deep, self.burden, self.depth = {}, None, 0, 0
        self.violations.inside(now)
        self.held.follow((), None, now, timing)

    def due(self, now: int, timing: Timing) -> Priority | None:
        """Return the loudest priority that is to be declared at `now`, up to which `present` has counted."""
        reached = (p for p in LOUDEST_FIRST if p in self.since and self._reached(p, now, timing))
        due = next(reached, None)
        if not timing.held and not self.held.since:
            return due
        self.held.follow(self.since, due, now, timing)
        return due if due is Priority.HIGH else self.held.ready(self.since, now, timing)

    def deadline(self, timing: Timing, above: int) -> int | None:
        """Return when time alone will declare a priority of a rank `above` this one, or drop one that is held back."""
        times = self.held.deadlines(self.since, above, timing)
        standing = self.held.loudest
        above = above if standing is None else max(above, standing.rank)
        louder = [priority for priority in self.since if priority in timing.delays and priority.rank > above]
        times += [self.since[priority] + timing.delays[priority] for priority in louder]
        if Priority.HIGH in louder and self.deep is not None and timing.deep is not None:
            times.append(self.deep + timing.deep)
        if timing.burden is not None and timing.quietest in louder:
            if self.depth:
                times.append(self.at - (self.burden - timing.burden) // self.depth)
            net = self.violations.deadline(self.at, timing.gap)
            times.extend(() if net is None else (net,))
        return min(times, default=None)

    def _reached(self, priority: Priority, now: int, timing: Timing) -> bool:
        if now >= self.since[priority] + timing.delays[priority]:
            return True
        deep = None if self.deep is None or timing.deep is None else self.deep + timing.deep
        if priority is Priority.HIGH and deep is not None and now >= deep:
            return True
        if timing.burden is None or priority is not timing.quietest:
            return False
        return self.burden >= timing.burden or (
            self.violations.open is not None and self.violations.due(now, timing.gap)
        )
