"""Which alerts cannot be verified, and which technical alert speaks for them meanwhile.

A technical condition that invalidates an active alert displaces it: it has at least its priority, and the displaced one
stays, silent, until valid data or a named person end it. While nothing speaks for it, it speaks itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge_agent.bedside.machine import Condition
from edge_agent.bedside.rules import not_monitored, signal_lost
from edge_agent.domain.alerts import Alert, ConditionState, Evidence, Kind, Priority
from firmware_bridges.vitals import VITALS


def displaced(conditions: Iterable[Condition]) -> dict[str, Priority]:
    """Return, per quantity, the worst priority of the alerts that cannot be verified for want of it."""
    worst: dict[str, Priority] = {}
    for condition in conditions:
        alert = condition.alert
        if alert is not None and not _speaks_for_itself(condition):
            for quantity in _inputs(condition, alert):
                worst[quantity] = max(worst.get(quantity, Priority.INFO), alert.priority, key=_rank)
    return worst


def witnesses(conditions: Iterable[Condition]) -> tuple[Evidence, ...]:
    """Return the values behind the alerts that cannot be verified."""
    lost = [each.alert for each in conditions if each.alert is not None and not _speaks_for_itself(each)]
    return tuple(evidence for alert in lost for evidence in alert.why.evidence)


def spoken_for(condition: Condition, conditions: Mapping[str, Condition]) -> bool:
    """Tell whether a technical alert of at least its priority speaks for this one."""
    if condition.alert is None or _speaks_for_itself(condition):
        return False
    names = (not_monitored.ID, *(f"{signal_lost.ID}-{quantity}" for quantity in _inputs(condition, condition.alert)))
    others = [other.alert for name in names if (other := conditions.get(name)) is not None and other.alert]
    return any(other.priority.rank >= condition.alert.priority.rank for other in others)


def _speaks_for_itself(condition: Condition) -> bool:
    alert = condition.alert
    if alert is None or alert.kind is Kind.TECHNICAL:
        return True
    return alert.verifiable or alert.state is not ConditionState.ACTIVE


def _inputs(condition: Condition, alert: Alert) -> frozenset[str]:
    """Return the quantities the alert rests on."""
    return frozenset(condition.support) or frozenset(VITALS[each.vital].quantity for each in alert.why.evidence)


def _rank(priority: Priority) -> int:
    return priority.rank
