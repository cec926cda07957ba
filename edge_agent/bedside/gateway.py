"""The gateway's own conditions: facts the shell reports, and beds not seen again since a restart."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.escalation import Callers
from edge_agent.bedside.machine import Condition, Origin
from edge_agent.bedside.rules import GATEWAY_RULES
from edge_agent.bedside.settling import deadline, settle
from edge_agent.bedside.verdict import GatewayView
from edge_agent.domain.alerts import Alert
from edge_agent.domain.effects import AlertChanged, AlertsSnapshot, Effect
from edge_agent.domain.inputs import GatewayFact

EXCUSING = ("adapter-lost",)
"""Facts whose devices need no alert of their own."""

BROKER_GONE = "broker-unreachable"
"""The fact with which no alert leaves this gateway."""


class GatewayUnit(msgspec.Struct):
    """State of the gateway's conditions.

    `unseen`: beds that were watched before the restart and have not been seen since.
    """

    conditions: dict[str, Condition] = {}
    facts: dict[str, GatewayFact] = {}
    unseen: list[str] = []
    snapshot_due: bool = True
    deadline: int | None = None
    dirty: bool = True

    def tell(self, fact: GatewayFact) -> None:
        """Keep or drop a fact."""
        self.dirty = True
        if fact.present:
            self.facts[fact.code] = fact
        else:
            self.facts.pop(fact.code, None)

    def restarted(self, watched: tuple[str, ...]) -> None:
        """Begin a run: facts of the last one are gone, its beds are not seen yet."""
        self.facts, self.unseen = {}, list(watched)
        self.snapshot_due = self.dirty = True

    def seen(self, bed: str) -> None:
        """Note that a bed has data again, or an alert of its own."""
        if bed in self.unseen:
            self.unseen.remove(bed)
            self.dirty = True

    def excused(self) -> frozenset[str]:
        """Return the devices whose loss a gateway alert already tells."""
        return frozenset(name for code in EXCUSING if code in self.facts for name in self.facts[code].devices)

    def evaluate(self, run: str, beds_of: dict[str, str], who: Callers, now: int) -> list[Effect]:
        """Run every gateway rule, if one could say something new, and return what is to be said."""
        if not (self.dirty or self.snapshot_due or (self.deadline is not None and now >= self.deadline)):
            return []
        self.dirty = False
        view = GatewayView(now=now, facts=self.facts, beds_of=beds_of, unseen_beds=tuple(self.unseen))
        effects: list[Effect] = []
        dues = []
        for rule in GATEWAY_RULES:
            condition = self.conditions.setdefault(rule.id, Condition(rule.id))
            alert = condition.step(rule.evaluate(view), now, rule.timing, Origin(run, "", rule.kind))
            effects += [] if alert is None else [AlertChanged(alert)]
            effects += [AlertChanged(each) for each in settle(condition, who, now, spoken_for=False)]
            dues += [condition.deadline(rule.timing), deadline(condition, who)]
        self.deadline = min((due for due in dues if due is not None and due > now), default=None)
        if effects or self.snapshot_due:
            self.snapshot_due = False
            effects.append(self._snapshot(now))
        return effects

    def _snapshot(self, now: int) -> AlertsSnapshot:
        return AlertsSnapshot(bed="", at=now, state=None, monitored=True, since=now, alerts=self.alerts())

    def alerts(self) -> tuple[Alert, ...]:
        """Return the present alerts, high first."""
        present = [condition.alert for condition in self.conditions.values() if condition.alert]
        return tuple(sorted(present, key=lambda alert: (-alert.priority.rank, alert.raised, alert.condition)))
