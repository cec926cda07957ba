"""The condition's state machine: from a rule's findings to alert events.

States: idle, pending (present, delay running), active, clearing (absent, hold running), latched (gone, and nobody has
seen it yet). `TRANSITIONS` is the table; nothing goes from active to gone without `end` or `reset`, and a finding that
cannot be verified never lowers or ends anything. What a person is told of it is the signal's machine (`signal`), which
steps along: every revision here names what it means for the signal.
"""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec

from edge_agent.bedside import signal
from edge_agent.bedside.crossing import Crossing
from edge_agent.bedside.delay import Delay
from edge_agent.bedside.escalation import FIRST_TIER, Call
from edge_agent.bedside.verdict import Finding, Timing
from edge_agent.domain.alerts import (
    Alert,
    ConditionState,
    Inactivation,
    Kind,
    Phase,
    Priority,
    SignalEvent,
    SignalState,
)

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
    ("clearing", "mild or absent for the hold", "clearing", Phase.DEESCALATE),
    ("clearing", "hold over", "idle", Phase.END),
    ("clearing", "hold over, latches", "latched", Phase.UPDATE),
    ("latched", "absent", "latched", None),
    ("latched", "unknown", "latched", None),
    ("latched", "present for its delay", "active", Phase.UPDATE),
    ("latched", "reset", "idle", Phase.RESET),
    ("active", "reset, unverifiable or spot", "idle", Phase.RESET),
    ("clearing", "reset, unverifiable or spot", "idle", Phase.RESET),
)
"""(state, event, next state, phase announced). The tests walk it against `Condition.step`."""


class Origin(msgspec.Struct, frozen=True):
    """Who speaks.

    The run whose UUID names new alerts, the bed ("" for the gateway) and what kind of condition it is. `latches`: an
    alert that was high, and that nobody took, stays until somebody resets it. `tiers`: who is called first at night.
    """

    run: str
    bed: str
    kind: Kind
    latches: bool = False
    tiers: dict[Priority, int] = {}

    def first_tier(self, priority: Priority) -> int:
        """Return the tier that an alert of this priority calls first."""
        return self.tiers.get(priority, FIRST_TIER)


class Condition(msgspec.Struct):
    """State of one condition of one bed.

    `delay`: what is counted until it is declared; `crossing`: what a plain rule would do. `support`: the inputs that
    had justified the alert. `clearing` and `lowering`: since when it has been absent, or better. `lost`: its input was
    gone meanwhile. `live`: the last finding said present, so that delays run. `peak`: the worst it was; `spot`: it
    rests on a spot value; `dismissed`: values up to then count no more, a person has reset them. `call`: who is being
    called. `clock_lost`: nobody knows when its quieting would have ended.
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
    peak: Priority = Priority.INFO
    spot: bool = False
    dismissed: int | None = None
    call: Call | None = None
    clock_lost: bool = False

    @property
    def latched(self) -> bool:
        """Tell whether its alert waits for a person to reset it."""
        return self.alert is not None and self.alert.state is ConditionState.LATCHED

    @property
    def resettable(self) -> bool:
        """Tell whether a person may reset it: nothing fresh says that it is there."""
        return self.alert is not None and (self.latched or self.spot or not self.alert.verifiable)

    def step(self, finding: Finding, now: int, timing: Timing, origin: Origin) -> Alert | None:
        """Take a finding at `now` (ns) and return the alert's new revision when something is to be said."""
        present = self._verified(finding)
        self.live = present is True
        if present is None:
            return self._unknown(finding, now)
        if present:
            return self._present(finding, now, timing, origin)
        return self._absent(finding, now, timing, origin)

    def forget(self, now: int) -> None:
        """After a restart at `now` (ns): delays and holds begin anew, and the wait for a receipt; an alert stays."""
        self.delay, self.clearing, self.lowering, self.live = Delay(), None, None, False
        self.crossing = Crossing()
        if self.call is not None:
            self.call.ask_again(now)

    def shift(self, by: int) -> None:
        """Move the alert's times by `by` ns, into another boot's clock."""
        self.dismissed = None if self.dismissed is None else self.dismissed + by
        if self.call is not None:
            self.call.shift(by)
        if self.alert is None:
            return
        evidence = tuple(msgspec.structs.replace(e, at=e.at + by) for e in self.alert.why.evidence)
        own = self.alert.why.own
        own = None if own is None else msgspec.structs.replace(own, since=own.since + by)
        self.alert = msgspec.structs.replace(
            self.alert,
            began=self.alert.began + by,
            raised=self.alert.raised + by,
            changed=self.alert.changed + by,
            ended=None if self.alert.ended is None else self.alert.ended + by,
            why=msgspec.structs.replace(self.alert.why, evidence=evidence, own=own),
            inactivations=tuple(msgspec.structs.replace(i, until=i.until + by) for i in self.alert.inactivations),
        )

    def deadline(self, timing: Timing) -> int | None:
        """Return when time alone would change something."""
        times: list[int] = []
        if self.live or self.delay.held.since:
            standing = -1 if self.alert is None or self.latched else self.alert.priority.rank
            due = self.delay.deadline(timing, standing)
            times.extend(() if due is None else (due,))
        if self.clearing is not None:
            times.append(self.clearing + self._hold(timing))
        if self.lowering is not None and (self.clearing is None or self._too_loud(timing)):
            times.append(self.lowering + self._hold(timing))
        return min(times, default=None)

    def _verified(self, finding: Finding) -> bool | None:
        """Return whether it is present.

        None when it would lower or end an alert while an input that supported it is gone.
        """
        standing = self.delay.held.loudest if self.alert is None else self.alert.priority
        if standing is None or finding.present is None or not finding.missing.intersection(self.support):
            return finding.present
        return True if finding.present and finding.priority.rank >= standing.rank else None

    def _unknown(self, finding: Finding, now: int) -> Alert | None:
        self.clearing = self.lowering = None
        if self.alert is None or self.latched:
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
        return self.revise(now, Phase.UPDATE, verifiable=False, why=why)

    def _present(self, finding: Finding, now: int, timing: Timing, origin: Origin) -> Alert | None:
        self.clearing = None
        self.delay.present(finding, now, timing)
        due = finding.priority if finding.spot else self.delay.due(now, timing)
        if due is not None:
            due = max(due, finding.at_least, key=lambda each: each.rank)
        if self.alert is None or self.latched:
            self.support = self._widened(finding) if self.delay.held.since else ()
            return None if due is None else self._raise(finding, due, now, origin)
        if due is not None and due.rank > self.alert.priority.rank:
            return self._worse(finding, due, now, origin)
        if finding.priority.rank < self.alert.priority.rank:
            return self._better(finding, now, timing)
        self.lowering = None
        return self._same(finding, now)

    def _raise(self, finding: Finding, priority: Priority, now: int, origin: Origin) -> Alert:
        """Start an alert, or let a latched one be active again."""
        self.lost, self.spot, self.call = False, finding.spot, None
        self.support, self.material = self._widened(finding), finding.material
        if self.alert is None:
            self.peak = priority
            return self._start(finding, priority, now, origin)
        return self.revise(
            now,
            Phase.UPDATE,
            SignalEvent.RAISED,
            state=ConditionState.ACTIVE,
            priority=priority,
            tier=origin.first_tier(priority),
            why=finding.why,
            verifiable=True,
            ended=None,
            end_reason="",
            accepted_by="",
        )

    def _start(self, finding: Finding, priority: Priority, now: int, origin: Origin) -> Alert:
        self.ordinal += 1
        self.alert = Alert(
            bed=origin.bed,
            condition=self.name,
            kind=origin.kind,
            priority=priority,
            event_id=_event_id(origin, self.name, self.ordinal),
            ordinal=self.ordinal,
            revision=1,
            phase=Phase.START,
            state=ConditionState.ACTIVE,
            signal=SignalState.ON,
            began=min(self.delay.since.values(), default=now),
            raised=now,
            changed=now,
            why=finding.why,
            tier=origin.first_tier(priority),
        )
        return self.alert

    def _worse(self, finding: Finding, priority: Priority, now: int, origin: Origin) -> Alert:
        self.lost, self.spot, self.lowering, self.call = False, finding.spot, None, None
        self.support, self.material = self._widened(finding), finding.material
        self.peak = max(self.peak, priority, key=lambda each: each.rank)
        more = {"priority": priority, "why": finding.why, "verifiable": True, "accepted_by": ""}
        return self.revise(now, Phase.ESCALATE, SignalEvent.WORSE, tier=origin.first_tier(priority), **more)

    def _better(self, finding: Finding, now: int, timing: Timing) -> Alert | None:
        hold = 0 if finding.spot else self._hold(timing)
        self.lowering = now if self.lowering is None else self.lowering
        if now < self.lowering + hold:
            return None
        self.lost, self.lowering = False, None
        self.support, self.material = tuple(sorted(finding.support)), finding.material
        return self.revise(now, Phase.DEESCALATE, priority=finding.priority, why=finding.why, verifiable=True)

    def _same(self, finding: Finding, now: int) -> Alert | None:
        fresh = bool(self.support) and not finding.support.issubset(self.support)
        self.support, self.spot = self._widened(finding), finding.spot
        if self.alert is None:
            return None
        event = SignalEvent.NEW_CAUSE if fresh else SignalEvent.SPEAKS
        sounds = signal.step(self.alert, event) is not self.alert
        if self.alert.verifiable and finding.material == self.material and not sounds:
            return None
        self.lost, self.material = False, finding.material
        return self.revise(now, Phase.UPDATE, event, why=finding.why, verifiable=True)

    def _absent(self, finding: Finding, now: int, timing: Timing, origin: Origin) -> Alert | None:
        self.delay.absent(now, timing)
        if self.alert is None or self.latched:
            self.lowering = None
            self.support = self.support if self.delay.held.since else ()
            return None
        self.clearing = now if self.clearing is None else self.clearing
        self.lowering = now if self.lowering is None else self.lowering
        if now < self.clearing + (0 if finding.spot and self.spot else self._hold(timing)):
            return self._no_longer_deep(now, timing)
        if origin.latches and self._nobody_took_it():
            return self._latch(finding, now)
        return self.finish(now, finding.why.text, verifiable=True)

    def _no_longer_deep(self, now: int, timing: Timing) -> Alert | None:
        """Lower an alert that is about to end as soon as one that goes on, mildly, would be lowered.

        Else whoever is worse, and not yet inside the limit, would have the quieter alert of two patients.
        """
        if not self._too_loud(timing) or self.lowering is None or now < self.lowering + self._hold(timing):
            return None
        return self.revise(now, Phase.DEESCALATE, priority=timing.quietest, verifiable=True)

    def _too_loud(self, timing: Timing) -> bool:
        return self.alert is not None and self.alert.priority.rank > timing.quietest.rank

    def _nobody_took_it(self) -> bool:
        alert = self.alert
        seen = alert is not None and (bool(alert.accepted_by) or alert.signal is SignalState.ACKNOWLEDGED)
        return self.peak is Priority.HIGH and not seen

    def _latch(self, finding: Finding, now: int) -> Alert:
        why = self.alert.why if self.alert is not None else finding.why
        self.support, self.clearing, self.lost = (), None, False
        return self.revise(
            now,
            Phase.UPDATE,
            state=ConditionState.LATCHED,
            why=msgspec.structs.replace(why, text=f"Over, and not yet seen by anybody: {why.text}"),
            verifiable=True,
            ended=now,
            end_reason=finding.why.text,
        )

    def finish(self, now: int, reason: str, *, verifiable: bool = False) -> Alert | None:
        """End the alert, if there is one, with `reason` in words; `verifiable`: valid data say that it is over.

        A delay that was running ends with it.
        """
        return self._close(now, Phase.END, reason, verifiable=verifiable)

    def reset(self, now: int, reason: str) -> Alert | None:
        """Let a person put an end to the alert: the spot values it rests on count no more."""
        if self.alert is not None and self.spot:
            self.dismissed = max((each.at for each in self.alert.why.evidence), default=now)
        return self._close(now, Phase.RESET, reason)

    def _close(self, now: int, phase: Phase, reason: str, *, verifiable: bool = False) -> Alert | None:
        if self.alert is None:
            self.delay, self.live = Delay(), False
            return None
        closed = self.revise(
            now,
            phase,
            SignalEvent.OVER,
            state=ConditionState.INACTIVE,
            ended=now if self.alert.ended is None else self.alert.ended,
            end_reason=reason,
            verifiable=verifiable or self.alert.verifiable,
        )
        self.delay, self.support, self.material, self.call = Delay(), (), (), None
        self.alert = self.clearing = self.lowering = None
        self.lost = self.spot = False
        return closed

    def revise(self, now: int, phase: Phase, event: SignalEvent | None = None, **changes: object) -> Alert:
        """Return the alert's next revision with `changes`, its signal stepped by `event`."""
        if self.alert is None:  # callers have checked; this keeps the type honest
            raise AssertionError(self.name)
        stepped = self.alert if event is None else signal.step(self.alert, event)
        revision = self.alert.revision + 1
        self.alert = msgspec.structs.replace(stepped, revision=revision, phase=phase, changed=now, **changes)
        return self.alert

    def quiet(self, now: int, event: SignalEvent, inactivation: Inactivation) -> Alert:
        """Quiet the signal; whoever acknowledges has it in hand."""
        owner = inactivation.owner if event is SignalEvent.ACKNOWLEDGED else ""
        if self.alert is not None:
            self.alert = signal.step(self.alert, event, inactivation)
            owner = owner or self.alert.accepted_by
        return self.revise(now, Phase.UPDATE, accepted_by=owner)

    def move(self, ordinal: int, now: int, origin: Origin) -> Alert | None:
        """Go on at another bed: the patient has moved. Its alert is a new event there, with the old one's past.

        `ordinal`: that of the last alert which the condition of this name has raised there.
        """
        self.ordinal = ordinal
        if self.alert is None:
            return None
        self.ordinal += 1
        self.alert = msgspec.structs.replace(
            self.alert,
            bed=origin.bed,
            event_id=_event_id(origin, self.name, self.ordinal),
            ordinal=self.ordinal,
            revision=1,
            phase=Phase.START,
            raised=now,
            changed=now,
        )
        return self.alert

    def _widened(self, finding: Finding) -> tuple[str, ...]:
        return tuple(sorted(finding.support.union(self.support)))

    def _hold(self, timing: Timing) -> int:
        return timing.clear_after_loss if self.lost else timing.clear_after


def _event_id(origin: Origin, condition: str, ordinal: int) -> str:
    return str(uuid5(UUID(origin.run), f"{origin.bed}/{condition}/{ordinal}"))
