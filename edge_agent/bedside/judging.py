"""A bed is judged: every rule looks at it, each finding steps its condition's machine, and each signal follows.

Technical rules come last: they inherit the priority of what they displace.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.displacing import displaced, spoken_for, witnesses
from edge_agent.bedside.ending import Ending, end, suppressed
from edge_agent.bedside.machine import Condition
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.settling import cause, deadline, settle
from edge_agent.bedside.sight import last_seen, seen
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import BedView, Finding, Rule
from edge_agent.domain.alerts import Alert, Kind, SetBy, SignalState
from edge_agent.domain.effects import AlertChanged, Suppressed
from edge_agent.domain.settings import BedState
from edge_agent.domain.windows import RiskScore

RULES_ABOUT_PATIENTS = tuple(rule for rule in RULES.values() if rule.kind is not Kind.TECHNICAL)
RULES_ABOUT_DEVICES = tuple(rule for rule in RULES.values() if rule.kind is Kind.TECHNICAL)


def judge(bed: BedUnit, context: Context, streams: dict[str, list[Stream]], now: int) -> Iterator[Ending]:
    """Run every rule and step its conditions; conditions no rule speaks of any more end.

    `streams` by quantity, the chosen one first.
    """
    bed.rules_due = None
    spoken: set[str] = set()
    if context.bed.state is BedState.MONITORED:
        view = _view(bed, context, streams, now)
        yield from _judge(bed, context, view, RULES_ABOUT_PATIENTS, spoken)
        yield from _judge(bed, context, _followed(view, bed), RULES_ABOUT_DEVICES, spoken)
    for name in [name for name in bed.conditions if name not in spoken]:
        reason = f"no longer watched (bed is {context.bed.state.value})"
        yield from end(bed.conditions[name], bed.id, context.bed.encounter, now, reason)
    for alert in _signals(bed, context, now):
        yield AlertChanged(alert, context.bed.encounter)
    bed.causes = [found for condition in bed.conditions.values() if (found := cause(condition)) is not None]


def _judge(
    bed: BedUnit, context: Context, view: BedView, rules: tuple[Rule, ...], spoken: set[str]
) -> Iterator[Ending]:
    for rule in rules:
        timing, origin = context.timings[rule.id], context.origins[rule.kind]
        for found in rule.evaluate(view):
            spoken.add(found.condition)
            condition = _condition(bed, found)
            before = condition.alert is not None
            finding = _card(view, found) if found.present or before else found
            alert = condition.step(finding, view.now, timing, origin)
            _remind(bed, condition.deadline(timing))
            if alert is not None:
                yield AlertChanged(alert, context.bed.encounter)
            yield from _hidden(condition, finding, context, view.now, before=before)


def _signals(bed: BedUnit, context: Context, now: int) -> Iterator[Alert]:
    """Let every signal follow its condition."""
    looking = not seen(bed, context) and not bed.blind and bool(context.bed.required)
    for condition in bed.conditions.values():
        # While it is not yet clear whether the bed can be seen, what had been silent does not sound for want of data.
        alert = condition.alert
        silent = looking and alert is not None and alert.signal is SignalState.OFF and not alert.verifiable
        spoken = silent or spoken_for(condition, bed.conditions)
        yield from settle(condition, context.callers, now, spoken_for=spoken)
        _remind(bed, deadline(condition, context.callers))


def _hidden(
    condition: Condition, finding: Finding, context: Context, now: int, *, before: bool
) -> Iterator[Suppressed]:
    """Yield what a plain rule would have announced, and this one did not."""
    held = condition.delay.held.first
    hidden = condition.crossing.step(finding, now, before=before, after=condition.alert is not None, held=held)
    if hidden is not None:
        yield suppressed(condition, context.bed.id, context.bed.encounter, hidden, now)


def _followed(view: BedView, bed: BedUnit) -> BedView:
    """Return the view with what the rules that have just spoken changed in it."""
    worst = displaced(bed.conditions.values())
    values = witnesses(bed.conditions.values()) if worst else ()
    return msgspec.structs.replace(view, active=_active(bed), displaced=worst, witnesses=values)


def _active(bed: BedUnit) -> frozenset[str]:
    """Return the conditions that alert, or that by day would."""
    return frozenset(n for n, c in bed.conditions.items() if (c.alert and not c.latched) or c.delay.held.since)


def _view(bed: BedUnit, context: Context, streams: dict[str, list[Stream]], now: int) -> BedView:
    return BedView(
        now=now,
        settings=context.settings,
        bed=context.bed,
        streams=streams,
        devices=context.views,
        active=_active(bed),
        blind=bed.blind,
        last_seen=last_seen(bed, context),
        score=bed.score,
        risk=bed.risk,
        spo2_scale=bed.scale,
        baseline_spo2=bed.hours.usual("spo2"),
        excused_devices=context.excused,
        displaced=displaced(bed.conditions.values()),
        dismissed={name: c.dismissed for name, c in bed.conditions.items() if c.dismissed is not None},
        own={rule: SetBy(own.person, own.since) for rule in own.limits} if (own := bed.own_limits) else {},
    )


def _card(view: BedView, finding: Finding) -> Finding:
    """Return the finding with what every card of this bed says: rule score beside model, what to do, SpO2 scale 2.

    What the score's standard recommends is said from the tier on at which it acts: below, "routine observations" beside
    an alert would read as the answer to it.

    None of it is `material`: it changes no alert and makes no message.
    """
    why, score, risk = finding.why, view.score, view.risk
    if score is not None and len(score.missing) < len(score.parts):
        response = score.response if score.priority is not None else ""
        why = msgspec.structs.replace(
            why, score=score.total, score_name=score.score, score_complete=score.complete, response=response
        )
    if isinstance(risk, RiskScore):
        why = msgspec.structs.replace(why, probability=risk.probability)
    if view.spo2_scale != 1:
        why = msgspec.structs.replace(why, text=f"SCALE {view.spo2_scale}: {why.text}")
    return finding if why is finding.why else msgspec.structs.replace(finding, why=why)


def _condition(bed: BedUnit, finding: Finding) -> Condition:
    if finding.condition not in bed.conditions:
        bed.conditions[finding.condition] = Condition(finding.condition)
    return bed.conditions[finding.condition]


def _remind(bed: BedUnit, due: int | None) -> None:
    if due is not None and (bed.rules_due is None or due < bed.rules_due):
        bed.rules_due = due
