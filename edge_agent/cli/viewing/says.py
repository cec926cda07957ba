"""What the screen says of one bed and of its alerts, in ward words, from structured data. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from edge_agent.bedside.words import NAMES, UNITS
from edge_agent.cli.viewing.view import SILENCE, BedView
from edge_agent.cli.viewing.words import NONE, ago, span, spot
from edge_agent.domain.effects import LinkState
from edge_agent.domain.settings import LIMIT_RULES
from edge_agent.wire.payloads.alert import AlertRecord, Proof
from edge_agent.wire.payloads.vitals import Stream
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS, Reason

CABLE, PROBE, SILENT = "CABLE OUT", "PROBE OFF", "SILENT"
"""The three ways not to see a patient; each looks different."""

RECENT = 5
"""Points of a trend that say where it goes now."""

NOTABLE = 2
"""Units that a value must have moved by, to be called falling or rising."""

_SCALE = re.compile(r"SCALE \d+: ")
_OWN = re.compile(r"; limit [^;]+\(own, [^;]+\)$")
_OFF = frozenset({Reason.SENSOR_OFF, Reason.SENSOR_DISCONNECTED, Reason.SEARCHING})


def trouble(bed: BedView) -> tuple[str, str]:
    """Return (which of the three, in words) why nothing is seen, ('', '') when the device speaks."""
    for link in bed.vitals.links if bed.vitals else ():
        if link.state in (LinkState.LOST, LinkState.CONNECTING):
            return CABLE, f"cable of {link.device}: {link.reason or 'not there'}"
        if link.state is LinkState.QUIET:
            return SILENT, f"{link.device} is silent"
    stream = bed.stream("spo2")
    if stream is not None and stream.reason in _OFF:
        return PROBE, f"{stream.device}: {stream.reason.value.replace('-', ' ')}"
    return "", ""


def state_line(bed: BedView, now: int) -> str:
    """Return 'monitored' or 'NOT MONITORED 12 s', counted on from the last snapshot; or that nothing is heard."""
    if bed.alerts is None or bed.alerts.status is None:
        return "not yet seen"
    if bed.vitals is not None and now - bed.vitals_at >= SILENCE:
        return f"not heard for {span(now - bed.vitals_at)}"
    since = bed.alerts.status_age_ms * 1_000_000 + now - bed.alerts_at
    if bed.alerts.monitored:
        return bed.alerts.status.value.lower()
    if bed.alerts.off_ward is not None:
        away = bed.alerts.off_ward
        return f"NOT MONITORED - OFF WARD {span(since)}, {away.reason.value}, by {away.person}"
    return f"{bed.alerts.status.value.upper()} {span(since)}"


def last_valid(bed: BedView, now: int) -> str:
    """Return 'last valid SpO2 96 %, 18 s ago' of a bed whose alert says it is not monitored, else ''."""
    alert = bed.alert("not-monitored")
    if alert is None or not alert.evidence:
        return ""
    proof = alert.evidence[0]
    return f"last valid {_value(proof, proof.value)}, {span(proof.age_ms * 1_000_000 + now - bed.alerts_at)} ago"


def alert_line(bed: BedView, alert: AlertRecord, now: int) -> str:
    """Return such as 'SpO2 86 % for 40 s, was 95 %, falling', told on to the present moment."""
    lasted = bed.lasted(alert, now)
    if alert.condition == "not-monitored":
        _, why = trouble(bed)
        parts = (f"{scale(alert)}NOT MONITORED for {span(lasted)}", why, last_valid(bed, now))
        return ", ".join(part for part in parts if part)
    if alert.rule not in LIMIT_RULES or alert.limit is None or not alert.evidence or not alert.verifiable:
        return alert.text
    return f"{scale(alert)}{_finding(bed, alert.evidence[0], alert.limit, lasted, now)}{own(alert)}"


def scale(alert: AlertRecord) -> str:
    """Return 'SCALE 2: ' where the agent said so of this alert: whoever tells it in other words says it too."""
    return match[0] if (match := _SCALE.match(alert.text)) else ""


def own(alert: AlertRecord) -> str:
    """Return '; limit 87 % (own, set by nurse-7, 14:02)' where the agent said so of this alert."""
    return match[0] if (match := _OWN.search(alert.text)) else ""


def pressure(bed: BedView, now: int) -> str:
    """Return such as '124/76', or `NONE`."""
    systolic, diastolic = bed.value("systolic", now), bed.value("diastolic", now)
    if systolic is None:
        return NONE
    return f"{systolic}/{NONE if diastolic is None else diastolic}"


def taken(bed: BedView, quantity: str, name: str, wall_offset: int) -> str:
    """Return when a spot value was taken and is next due, such as 'BP 11:40, next 15:40'; '' for a continuous one."""
    stream = bed.stream(quantity)
    return "" if stream is None or bed.vitals is None else spot(name, stream, bed.vitals_at, wall_offset)


def present(bed: BedView) -> list[AlertRecord]:
    """Return the present alerts, the loudest first, what nobody sees before what somebody does."""
    alerts = bed.alerts.alerts if bed.alerts else ()
    return sorted(alerts, key=lambda alert: (-alert.priority.rank, alert.condition != "not-monitored"))


def age_line(bed: BedView, quantity: str, now: int) -> str:
    """Return the age of a continuous value, '' where there never was one."""
    stream, age = bed.stream(quantity), bed.age(quantity, now)
    if stream is None or age is None or stream.mode is Mode.SPOT:
        return ""
    return ago(age)


def _value(proof: Proof, value: Decimal) -> str:
    return f"{NAMES[VITALS[proof.vital].quantity]} {value} {UNITS[proof.unit]}"


def _finding(bed: BedView, proof: Proof, limit: Decimal, lasted: int, now: int) -> str:
    """Say a limit alert with the present value of its own source, and that it is inside again when it is."""
    stream = bed.source(proof)
    value = bed.value_of(stream, now)
    if stream is not None and stream.mode is Mode.SPOT:
        taken_ago = _taken(bed, stream, proof, now)
        return f"{_value(proof, proof.value if value is None else value)}, {taken_ago}{_before(proof)}"
    if stream is None or value is None:
        return f"{_value(proof, proof.value)} for {span(lasted)}{_before(proof)}"
    if value >= limit if proof.value < limit else value <= limit:
        return f"{_value(proof, proof.value)}, now {value} {UNITS[proof.unit]}"
    points = bed.trends.get(VITALS[proof.vital].quantity, ()) if stream.chosen else ()
    return f"{_value(proof, value)} for {span(lasted)}{_before(proof)}{_direction(points)}"


def _taken(bed: BedView, stream: Stream, proof: Proof, now: int) -> str:
    """Return how long ago a spot value was taken: it was not so for all the time since."""
    age = bed.age_of(stream, now)
    return ago(proof.age_ms * 1_000_000 + now - bed.alerts_at if age is None else age)


def _before(proof: Proof) -> str:
    return "" if proof.before is None or proof.before == proof.value else f", was {proof.before} {UNITS[proof.unit]}"


def _direction(points: Sequence[Decimal | None]) -> str:
    """Return ', falling' or ', rising' by the last points, '' when they are steady or unknown."""
    known = [point for point in points[-RECENT:] if point is not None]
    if not known or abs(known[-1] - known[0]) < NOTABLE:
        return ""
    return ", falling" if known[-1] < known[0] else ", rising"
