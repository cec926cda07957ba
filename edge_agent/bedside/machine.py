"""The condition's state machine: from a rule's findings to alert events.

States: idle, pending (present, delay running), active, clearing (absent, hold running). `TRANSITIONS` is the table;
nothing goes from active to gone without `end` or `reset`, and a finding that cannot be verified never lowers or
ends anything. The signal's machine has its fields in every alert; what people do to it (acknowledge, pause) are
transitions still to come.
"""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec

from edge_agent.bedside.crossing import Crossing
from edge_agent.bedside.delay import Delay
from edge_agent.bedside.verdict import Finding, Timing
from edge_agent.domain.alerts import Alert, ConditionState, Kind, Phase, Priority, SignalState

TRANSITIONS: tuple[tuple[str, str, str, Phase | None], ...] = (
    ("idle", "present", "pending", None),
    ("pending", "absent", "idle", None),
    ("pending", "unknown", "pending", None),
    ("pending", "delay over", "active", Phase.START),
    ("active", "worse for its delay", "active", Phase.ESCALATE),
    ("active", "better for the hold", "active", Phase.DEESCALATE),
    ("active", "material change", "active", Phase.UPDATE),
    ("active", "unknown", "active", Phase.UPDATE),
    ("active", "absent", "clearing", None),
    ("clearing", "present", "active", None),
    ("clearing", "unknown", "active", Phase.UPDATE),
    ("clearing", "hold over", "idle", Phase.END),
)
"""(state, event, next state, phase announced). The tests walk it against `Condition.step`."""


class Origin(msgspec.Struct, frozen=True):
    """Who speaks.

    The run whose UUID names new alerts, the bed ("" for the gateway) and what kind of condition it is.
    """

    run: str
    bed: str
    kind: Kind


class Condition(msgspec.Struct):
    """State of one condition of one bed.

    `delay`: what is counted until it is declared; `crossing`: what a plain rule would do. `support`: the inputs that
    had justified the alert. `clearing` and `lowering`: since when it has been absent, or better. `lost`: its input was
    gone meanwhile. `live`: the last finding said present, so that delays run.
    """

    name: str
    ordinal: int = 0
    delay: Delay = msgspec.field(default_factory=Delay)
    alert: Alert | None = None
    support: tuple[str, ...] = ()
    material: tuple[str, ...] = ()
    clearing: int | None = None
    lowering: int | None = None
    lost: bool = False
    live: bool = False
    crossing: Crossing = msgspec.field(default_factory=Crossing)

    def step(self, finding: Finding, now: int, timing: Timing, origin: Origin) -> Alert | None:
        """Take a finding at `now` (ns) and return the alert's new revision when something is to be said."""
        present = self._verified(finding)
        self.live = present is True
        if present is None:
            return self._unknown(finding, now)
        if present:
            return self._present(finding, now, timing, origin)
        return self._absent(finding, now, timing)

    def forget(self) -> None:
        """After a restart: delays and holds that were running begin anew; an alert stays."""
        self.delay, self.clearing, self.lowering, self.live = Delay(), None, None, False
        self.crossing = Crossing()

    def shift(self, by: int) -> None:
        """Move the alert's times by `by` ns, into another boot's clock."""
        if self.alert is None:
            return
        evidence = tuple(msgspec.structs.replace(e, at=e.at + by) for e in self.alert.why.evidence)
        self.alert = msgspec.structs.replace(
            self.alert,
            began=self.alert.began + by,
            raised=self.alert.raised + by,
            changed=self.alert.changed + by,
            why=msgspec.structs.replace(self.alert.why, evidence=evidence),
        )

    def deadline(self, timing: Timing) -> int | None:
        """Return when time alone would change something."""
        times: list[int] = []
        if self.live:
            due = self.delay.deadline(timing, -1 if self.alert is None else self.alert.priority.rank)
            times.extend(() if due is None else (due,))
        if self.clearing is not None:
            times.append(self.clearing + self._hold(timing))
        if self.lowering is not None:
            times.append(self.lowering + timing.clear_after)
        return min(times, default=None)

    def _verified(self, finding: Finding) -> bool | None:
        """Return whether it is present.

        None when it would lower or end an alert while an input that supported it is gone.
        """
        if self.alert is None or finding.present is None or not finding.missing.intersection(self.support):
            return finding.present
        return True if finding.present and finding.priority.rank >= self.alert.priority.rank else None

    def _unknown(self, finding: Finding, now: int) -> Alert | None:
        self.clearing = self.lowering = None
        if self.alert is None:
            return None
        self.lost = True
        if not self.alert.verifiable:
            return None
        why = msgspec.structs.replace(
            self.alert.why,
            text=f"{self.alert.why.text}; cannot be verified: {finding.why.text}",
            missing=tuple(sorted(set(self.alert.why.missing) | finding.missing)),
            devices=finding.why.devices,
        )
        return self._revise(now, Phase.UPDATE, verifiable=False, why=why)

    def _present(self, finding: Finding, now: int, timing: Timing, origin: Origin) -> Alert | None:
        self.clearing = None
        self.delay.present(finding, now, timing)
        due = finding.priority if finding.spot else self.delay.due(now, timing)
        if self.alert is None:
            return None if due is None else self._start(finding, due, now, origin)
        if due is not None and due.rank > self.alert.priority.rank:
            return self._worse(finding, due, now)
        if finding.priority.rank < self.alert.priority.rank:
            return self._better(finding, now, timing)
        self.lowering = None
        return self._same(finding, now)

    def _start(self, finding: Finding, priority: Priority, now: int, origin: Origin) -> Alert:
        self.ordinal += 1
        self.lost, self.support, self.material = False, tuple(sorted(finding.support)), finding.material
        self.alert = Alert(
            bed=origin.bed,
            condition=self.name,
            kind=origin.kind,
            priority=priority,
            event_id=str(uuid5(UUID(origin.run), f"{origin.bed}/{self.name}/{self.ordinal}")),
            ordinal=self.ordinal,
            revision=1,
            phase=Phase.START,
            state=ConditionState.ACTIVE,
            signal=SignalState.ON,
            began=min(self.delay.since.values(), default=now),
            raised=now,
            changed=now,
            why=finding.why,
        )
        return self.alert

    def _worse(self, finding: Finding, priority: Priority, now: int) -> Alert:
        self.lost, self.lowering = False, None
        self.support, self.material = self._widened(finding), finding.material
        return self._revise(now, Phase.ESCALATE, priority=priority, why=finding.why, verifiable=True)

    def _better(self, finding: Finding, now: int, timing: Timing) -> Alert | None:
        hold = 0 if finding.spot else timing.clear_after
        self.lowering = now if self.lowering is None else self.lowering
        if now < self.lowering + hold:
            return None
        self.lost, self.lowering = False, None
        self.support, self.material = tuple(sorted(finding.support)), finding.material
        return self._revise(now, Phase.DEESCALATE, priority=finding.priority, why=finding.why, verifiable=True)

    def _same(self, finding: Finding, now: int) -> Alert | None:
        self.support = self._widened(finding)
        if self.alert is None or (self.alert.verifiable and finding.material == self.material):
            return None
        self.lost, self.material = False, finding.material
        return self._revise(now, Phase.UPDATE, why=finding.why, verifiable=True)

    def _absent(self, finding: Finding, now: int, timing: Timing) -> Alert | None:
        self.delay.absent(now)
        self.lowering = None
        if self.alert is None:
            return None
        self.clearing = now if self.clearing is None else self.clearing
        if now < self.clearing + (0 if finding.spot else self._hold(timing)):
            return None
        return self.finish(now, finding.why.text, verifiable=True)

    def finish(self, now: int, reason: str, *, verifiable: bool = False) -> Alert | None:
        """End the alert, if there is one, with `reason` in words; `verifiable`: valid data say that it is over."""
        if self.alert is None:
            return None
        ended = self._revise(
            now,
            Phase.END,
            state=ConditionState.INACTIVE,
            signal=SignalState.OFF,
            ended=now,
            end_reason=reason,
            verifiable=verifiable or self.alert.verifiable,
        )
        self.delay, self.support, self.material = Delay(), (), ()
        self.alert = self.clearing = self.lowering = None
        self.lost = False
        return ended

    def _widened(self, finding: Finding) -> tuple[str, ...]:
        return tuple(sorted(finding.support.union(self.support)))

    def _hold(self, timing: Timing) -> int:
        return timing.clear_after_loss if self.lost else timing.clear_after

    def _revise(self, now: int, phase: Phase, **changes: object) -> Alert:
        if self.alert is None:  # callers have checked; this keeps the type honest
            raise AssertionError(self.name)
        self.alert = msgspec.structs.replace(
            self.alert, revision=self.alert.revision + 1, phase=phase, changed=now, **changes
        )
        return self.alert
