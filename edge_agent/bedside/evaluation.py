"""A bed is brought up to now, whole, whenever something changed: seen, scored, judged, told."""

from __future__ import annotations

from edge_agent.bedside import leaving, sight, telling
from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.judging import judge
from edge_agent.bedside.scoring import rule_score
from edge_agent.domain.effects import AlertChanged, Effect
from edge_agent.domain.settings import BedState


def evaluate(bed: BedUnit, context: Context, now: int) -> list[Effect]:
    """Bring everything of `bed` up to `now` (ns) and return what is to be said."""
    sight.age(bed, context, now)
    streams = sight.rank(bed, context, now)
    sight.look(bed, context, now)
    effects: list[Effect] = []
    if bed.dirty or (bed.rules_due is not None and now >= bed.rules_due):
        bed.dirty = False
        bed.score = rule_score(bed, context)
        effects += judge(bed, context, streams, now)
    if bed.snapshot_due or any(isinstance(effect, AlertChanged) for effect in effects):
        effects.append(telling.snapshot(bed, context, now))
    effects.extend(telling.scores(bed, context, now))
    if now >= bed.report_due(context.settings):
        bed.reported_at, bed.reported_fresh, bed.fresh = now, bed.fresh, False
        effects.append(telling.vitals(bed, context, now))
    bed.deadline = _deadline(bed, context, now)
    return effects


def _deadline(bed: BedUnit, context: Context, now: int) -> int:
    times = [bed.report_due(context.settings)]
    if (away := leaving.deadline(bed, context)) is not None:
        times.append(away)
    for stream in bed.streams.values():
        expires = stream.expires(context.max_age(stream))
        if expires is not None:
            times.append(expires)
    if context.bed.state is BedState.MONITORED:
        times.append(sight.blind_from(bed, context))
        times.extend(due for due in (bed.risk_due, bed.rules_due) if due is not None)
    return min(time for time in times if time > now)
