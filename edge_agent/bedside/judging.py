"""A bed is judged: every rule looks at it, and each finding steps its condition's machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.machine import Condition, Origin
from edge_agent.bedside.rules import RULES
from edge_agent.bedside.sight import last_seen
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import BedView, Finding
from edge_agent.domain.effects import AlertChanged, Suppressed
from edge_agent.domain.settings import BedState


def judge(
    bed: BedUnit, context: Context, streams: dict[str, list[Stream]], now: int
) -> Iterator[AlertChanged | Suppressed]:
    """Run every rule and step its conditions; conditions no rule speaks of any more end.

    `streams` by quantity, the chosen one first.
    """
    spoken = set()
    bed.rules_due = None
    if context.bed.state is BedState.MONITORED:
        view = _view(bed, context, streams, now)
        for rule in RULES.values():
            timing = rule.timing(context.settings)
            origin = Origin(context.run, bed.id, rule.kind)
            for finding in map(partial(_scale_said, view.spo2_scale), rule.evaluate(view)):
                spoken.add(finding.condition)
                condition = _condition(bed, finding)
                before = condition.alert is not None
                alert = condition.step(finding, now, timing, origin)
                _remind(bed, condition.deadline(timing))
                if alert is not None:
                    yield AlertChanged(alert, context.bed.encounter)
                yield from _hidden(condition, finding, context, now, before=before)
    for name in [n for n in bed.conditions if n not in spoken]:
        ended = bed.conditions[name].finish(now, f"no longer watched (bed is {context.bed.state.value})")
        if ended is not None:
            yield AlertChanged(ended, context.bed.encounter)


def _hidden(
    condition: Condition, finding: Finding, context: Context, now: int, *, before: bool
) -> Iterator[Suppressed]:
    """Yield what a plain rule would have announced, and this one did not."""
    crossing = condition.crossing
    hidden = crossing.step(finding, now, before=before, after=condition.alert is not None)
    if hidden is not None:
        by, since = hidden
        priority, encounter = crossing.priority, context.bed.encounter
        yield Suppressed(context.bed.id, condition.name, priority, by, since, now, encounter)


def _view(bed: BedUnit, context: Context, streams: dict[str, list[Stream]], now: int) -> BedView:
    return BedView(
        now=now,
        settings=context.settings,
        bed=context.bed,
        streams=streams,
        devices=context.views,
        active=frozenset(name for name, condition in bed.conditions.items() if condition.alert),
        blind=bed.blind,
        last_seen=last_seen(bed, context),
        score=bed.score,
        risk=bed.risk,
        spo2_scale=bed.scale,
        spo2_target=bed.spo2_target,
        excused_devices=context.excused,
    )


def _scale_said(scale: int, finding: Finding) -> Finding:
    """Return the finding with the SpO2 scale on its card, where it is not the usual one."""
    if scale == 1:
        return finding
    why = msgspec.structs.replace(finding.why, text=f"SCALE {scale}: {finding.why.text}")
    return msgspec.structs.replace(finding, why=why)


def _condition(bed: BedUnit, finding: Finding) -> Condition:
    if finding.condition not in bed.conditions:
        bed.conditions[finding.condition] = Condition(finding.condition)
    return bed.conditions[finding.condition]


def _remind(bed: BedUnit, due: int | None) -> None:
    if due is not None and (bed.rules_due is None or due < bed.rules_due):
        bed.rules_due = due
