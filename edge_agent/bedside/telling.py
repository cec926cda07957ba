"""What is said of a bed: its snapshot of alerts, its scores, its vitals, and the question to the model."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.domain.effects import AlertsSnapshot, Effect, RiskWanted, ScoreReport, VitalsReport
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.domain.windows import Window
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS

SCORE_EVERY = 60 * SECOND
RISK_EVERY = 300 * SECOND
RISK_SOONEST = 60 * SECOND
"""How soon after a question the model is asked again because the rule score has changed."""


def snapshot(bed: BedUnit, context: Context, now: int) -> AlertsSnapshot:
    """Return all present alerts and the bed's state, for whoever joins late."""
    bed.snapshot_due = False
    return AlertsSnapshot(
        bed=bed.id,
        at=now,
        state=context.bed.state,
        monitored=context.bed.state is BedState.MONITORED and not bed.blind,
        since=bed.blind_since or bed.watched_since,
        alerts=bed.alerts(),
        encounter=context.bed.encounter,
        absence=bed.absence,
        own_limits=bed.own_limits,
    )


def scores(bed: BedUnit, context: Context, now: int) -> Iterator[Effect]:
    """Tell the scores when they changed or a minute has passed, and ask the model when it is due.

    It is due every five minutes, and a minute after the last question if the rule score has changed since.
    """
    known = bed.score is not None and len(bed.score.missing) < len(bed.score.parts)
    said = f"{bed.score.total} {bed.score.missing} {bed.score.risk}" if bed.score else ""
    told = f"{said}/{bed.risk_at}" if known else ""
    if told != bed.score_told or (known and now >= bed.score_due):
        bed.score_told, bed.score_due = told, now + SCORE_EVERY
        yield ScoreReport(bed.id, now, bed.score, bed.risk, bed.risk_at, context.bed.encounter)
    if bed.risk_due is not None and bed.risk_request and said != bed.risk_of:
        bed.risk_due = min(bed.risk_due, bed.risk_asked + RISK_SOONEST)
    if bed.risk_due is not None and now >= bed.risk_due and context.bed.state is BedState.MONITORED:
        bed.risk_due, bed.risk_asked, bed.risk_of = now + RISK_EVERY, now, said
        bed.risk_request += 1
        yield RiskWanted(bed.id, bed.risk_request, now, _window(bed, context, now))


def vitals(bed: BedUnit, context: Context, now: int) -> VitalsReport:
    """Return all streams of the bed."""
    interval = context.settings.spot_interval_min * 60 * SECOND
    order = list(VITALS)
    views = []
    for key, stream in sorted(bed.streams.items(), key=lambda item: (order.index(item[1].vital), item[0])):
        due = stream.at + interval if stream.mode is Mode.SPOT and stream.at is not None else None
        views.append(stream.view(chosen=bed.chosen.get(stream.quantity) == key, due=due))
    return VitalsReport(bed.id, now, context.bed.state, tuple(views), context.bed.encounter)


def _window(bed: BedUnit, context: Context, now: int) -> Window:
    """Return the bed's past for the model."""
    return Window(
        medians=bed.hours.medians(now),
        patient=context.bed.patient,
        news2_total=bed.score.total if bed.score is not None and bed.score.score == "news2" else None,
        spo2_scale=bed.scale,
        minutes_into_hour=(now - bed.hours.epoch) // (60 * SECOND) % 60,
    )
