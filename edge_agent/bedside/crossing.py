"""What a plain rule would have done: every crossing that is not announced is said, with its time."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.verdict import Finding
from edge_agent.domain.alerts import Priority
from edge_agent.domain.effects import SuppressedBy


class Crossing(msgspec.Struct):
    """The present crossing of one condition's plain limit.

    `since` in ns, None while it is inside; `told`: an alert stands for it; `confirmed`: as the finding said last.
    `held`: since when the night has held back the alert for it.
    """

    since: int | None = None
    told: bool = False
    confirmed: bool = True
    priority: Priority = Priority.INFO
    held: int | None = None

    def step(
        self, finding: Finding, now: int, *, before: bool, after: bool, held: int | None = None
    ) -> tuple[SuppressedBy, int] | None:
        """Take a finding; `before` and `after` it an alert stood. Return why and since when nobody was told.

        `held`: since when the night holds an alert back, in ns.
        """
        if finding.present is None:
            return None
        plain = finding.present if finding.plain is None else finding.plain
        if not plain:
            return self.over()
        if self.since is None:
            self.since, self.told, self.priority = now if finding.since is None else finding.since, after, Priority.INFO
            self.held = None
            if before:
                self.priority = finding.priority
                return SuppressedBy.STANDING, self.since
        self.told |= after
        self.confirmed = finding.confirmed
        self.held = held if self.held is None else self.held
        self.priority = max(self.priority, finding.priority, key=lambda priority: priority.rank)
        return None

    def over(self) -> tuple[SuppressedBy, int] | None:
        """End the crossing. Return why and since when nobody was told of it; None when somebody was, or without one."""
        since, self.since = self.since, None
        if since is None or self.told:
            return None
        if self.held is not None:
            return SuppressedBy.NIGHT, max(since, self.held)
        return (SuppressedBy.DELAY if self.confirmed else SuppressedBy.SECOND_SOURCE), since
