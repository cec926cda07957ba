"""After its condition an alert's signal: pauses that are over, alerts that are spoken for, tiers that do not answer."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside import signal
from edge_agent.bedside.escalation import Callers, called, wanted
from edge_agent.bedside.machine import Condition
from edge_agent.domain.alerts import Alert, Phase, Priority, SignalEvent, SignalState
from edge_agent.domain.effects import Cause

ENDS_QUIETING = frozenset({SignalEvent.TIME_UP, SignalEvent.CLOCK_LOST})


def settle(condition: Condition, who: Callers, now: int, *, spoken_for: bool) -> Iterable[Alert]:
    """Bring the signal of one condition up to `now` (ns) and return what is to be said of it."""
    event = _event(condition, now, spoken_for=spoken_for)
    if event is not None:
        yield _follow(condition, event, now, spoken_for=spoken_for)
        yield from settle(condition, who, now, spoken_for=spoken_for)
        return
    alert, condition.clock_lost = condition.alert, False
    if alert is None or not wanted(alert):
        condition.call = None
        return
    condition.call = condition.call or called(who, alert.priority, now)
    due = condition.call.deadline(alert, who)
    if due is not None and now >= due and condition.call.next_tier(who, now):
        yield condition.revise(now, Phase.ESCALATE, tier=condition.call.tier)


def deadline(condition: Condition, who: Callers) -> int | None:
    """Return when time alone would change the signal, in ns."""
    if condition.alert is None:
        return None
    due = condition.call.deadline(condition.alert, who) if condition.call is not None else None
    return min((time for time in (signal.time_up(condition.alert), due) if time is not None), default=None)


def cause(condition: Condition) -> tuple[Cause, bool] | None:
    """Return what wants somebody and whether it is alone in that; None for what needs nobody, or is only low."""
    alert = condition.alert
    if alert is None or condition.call is None or alert.priority.rank < Priority.MEDIUM.rank:
        return None
    return Cause(alert.bed, alert.event_id, alert.condition, alert.priority), condition.call.alone


def _follow(condition: Condition, event: SignalEvent, now: int, *, spoken_for: bool) -> Alert:
    """Step the signal. A quieting that ends while a technical alert speaks for it makes no sound in between."""
    if event not in ENDS_QUIETING or not spoken_for or condition.alert is None:
        return condition.revise(now, Phase.UPDATE, event)
    condition.alert = signal.step(condition.alert, event)
    said = event if event is SignalEvent.CLOCK_LOST else SignalEvent.DISPLACED
    return condition.revise(now, Phase.UPDATE, SignalEvent.DISPLACED, signal_event=said)


def _event(condition: Condition, now: int, *, spoken_for: bool) -> SignalEvent | None:
    alert = condition.alert
    if alert is None:
        return None
    until = signal.time_up(alert)
    if until is not None and (condition.clock_lost or now >= until):
        return SignalEvent.CLOCK_LOST if condition.clock_lost else SignalEvent.TIME_UP
    if alert.signal is SignalState.ON and spoken_for:
        return SignalEvent.DISPLACED
    silent = alert.signal is SignalState.OFF and not spoken_for
    return SignalEvent.SPEAKS if silent and condition.clearing is None else None
