"""Why an alert is there, in the words of a ward: from when, by which rule, on which values, what to do. Pure."""

from __future__ import annotations

from edge_agent.bedside.scores import SCORES
from edge_agent.bedside.words import NAMES, UNITS
from edge_agent.cli.viewing.view import BedView
from edge_agent.cli.viewing.words import ago, clock, moment, raising, span, utc_ns
from edge_agent.domain.alerts import ConditionState, SignalEvent
from edge_agent.wire.payloads.alert import AlertRecord, Proof, Status
from edge_agent.wire.payloads.score import RiskDriver
from firmware_bridges.vitals import VITALS, Reason

AGAIN = {
    SignalEvent.TIME_UP: "It is announced again: its time was up.",
    SignalEvent.WORSE: "It is announced again: it got worse.",
    SignalEvent.NEW_CAUSE: "It is announced again: there is a new cause.",
    SignalEvent.CLOCK_LOST: "It is announced again: the gateway was off, and nobody knows for how long.",
    SignalEvent.DISPLACED: "It is silent while the alert of what cannot be seen speaks for it.",
}
"""Why a signal that people had quieted is on, or that of a present alert is off."""


def why(bed: BedView, alert: AlertRecord, now: int | None, wall_offset: int) -> list[str]:
    """Return the reasons, one sentence or list a line; without `now` as they were when the bed was last heard of."""
    began = _told(bed, alert.began_us, alert.began, wall_offset)
    since = "an unknown time" if began is None else clock(began, wall_offset)
    lasted = "" if now is None else f" ({span(bed.lasted(alert, now))})"
    said = [f"Since {since}{lasted}. Rule {alert.rule}{_limit(alert)}."]
    passed = 0 if now is None else max(now - bed.alerts_at, 0) // 1_000_000
    said += [f"Values: {'; '.join(_proof(each, passed) for each in alert.evidence)}."] if alert.evidence else []
    said += [f"Missing: {', '.join(map(_plain, alert.missing))}."] if alert.missing else []
    said += [_unseen(alert, passed)] if alert.last_valid else []
    said += [AGAIN[alert.signal_event]] if alert.signal_event in AGAIN else []
    said += ["It is gone, and stays until somebody resets it."] if alert.state is ConditionState.LATCHED else []
    said += [f"Beside it, when it last changed: {beside}."] if (beside := _beside(alert)) else []
    said += [f"Driven by: {drivers}."] if (drivers := "; ".join(map(_driver, raising(alert.drivers)))) else []
    said += [f"To do{f' ({title})' if (title := _title(alert)) else ''}: {alert.response}"] if alert.response else []
    return said


def status(bed: BedView, alert: AlertRecord, now: int, wall_offset: int) -> str:
    """Return the word a person reads of an alert, with the name or the time that belongs to it."""
    parts = [alert.status.value]
    if alert.status is Status.ACCEPTED:
        parts = [f"{alert.status.value} {alert.accepted_by or alert.inactivation[-1].owner}"]
    elif alert.status is Status.PAUSED:
        pause = alert.inactivation[-1]
        until = _told(bed, pause.until_us, pause.until, wall_offset)
        when = "its deadline" if until is None else moment(until, now, wall_offset)
        parts = [f"{alert.status.value} {when} by {pause.owner}"]
        parts += [f"accepted by {alert.accepted_by}"] if alert.accepted_by else []
    parts += [f"tier {alert.tier} called"] if alert.tier > 1 else []
    return ", ".join(parts)


def _told(bed: BedView, at_us: int, at_utc: str | None, wall_offset: int) -> int | None:
    """Return a moment that the agent told, ns on our clock: by its own clock once that is known, else by UTC."""
    if bed.vitals is not None:
        return bed.alerts_at + (at_us - bed.alerts_us) * 1_000
    return None if at_utc is None else utc_ns(at_utc) - wall_offset


def _limit(alert: AlertRecord) -> str:
    if alert.limit is None or not alert.evidence:
        return ""
    return f", limit {alert.limit} {UNITS[alert.evidence[0].unit]}"


def _proof(proof: Proof, passed_ms: int) -> str:
    before = "" if proof.before in (None, proof.value) else f", was {proof.before}"
    quality = "" if proof.quality is Reason.OK else f", {proof.quality.value.replace('-', ' ')}"
    return f"{_value(proof)}{before}{quality} ({proof.device}, {ago((proof.age_ms + passed_ms) * 1_000_000)})"


def _title(alert: AlertRecord) -> str:
    """Return what people call the score beside an alert, '' where there is none."""
    return SCORES[alert.score_id].title if alert.score_id in SCORES else alert.score_id or ""


def _driver(driver: RiskDriver) -> str:
    """Return such as 'Respiration 24 /min, +6 in 3 h': the last hour's median and its change."""
    value = "" if driver.value is None else f" {driver.value} {UNITS.get(driver.unit, driver.unit)}".rstrip()
    trend = "" if not driver.trend else f", {driver.trend:+} in 3 h"
    return f"{_plain(driver.quantity)}{value}{trend}"


def _unseen(alert: AlertRecord, passed_ms: int) -> str:
    proof = alert.last_valid
    if proof is None:
        return ""
    return f"Not seen now: last valid {_value(proof)}, {ago((proof.age_ms + passed_ms) * 1_000_000)}."


def _value(proof: Proof) -> str:
    return f"{NAMES[VITALS[proof.vital].quantity]} {proof.value} {UNITS[proof.unit]}"


def _beside(alert: AlertRecord) -> str:
    parts = []
    if alert.score is not None and alert.score_id is not None:
        parts.append(f"{_title(alert)} {'' if alert.score_complete else '≥ '}{alert.score}")
    if alert.probability is not None:
        parts.append(f"risk model {round(alert.probability * 100)} %")
    return ", ".join(parts)


def _plain(name: str) -> str:
    return NAMES.get(name, name.replace("_", " "))
