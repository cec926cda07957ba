"""How a limit rule judges: the worst present value of a quantity against its limit, with hysteresis while it alerts.

A valid worse value of a source that is not the chosen one counts too: sources are never averaged, and none may hide
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from edge_agent.bedside.bed_limits import limit_of
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import NAMES, finding_text, span_text, value_text
from edge_agent.domain.alerts import Evidence, Kind, Priority, Why
from edge_agent.domain.settings import SECOND, Limit, WardSettings
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS


def limit_rule(rule: str, quantity: str, *, low: bool, hazard: str, source: str) -> Rule:
    """Return the rule that alerts when `quantity` is below (`low`) or above its limit in the ward's settings."""

    def evaluate(view: BedView) -> Iterable[Finding]:
        limit = limit_of(view.settings, rule, view.bed.age_band, view.spo2_target)
        if limit.enabled:
            yield _judge(view, rule, quantity, limit, low=low)

    return Rule(
        id=rule,
        title=f"{NAMES[quantity]} {'low' if low else 'high'}",
        kind=Kind.PHYSIOLOGICAL,
        priority=Priority.HIGH,
        hazard=hazard,
        source=source,
        evaluate=evaluate,
        timing=_timing(rule),
    )


def _timing(rule: str) -> Callable[[WardSettings], Timing]:
    def timing(settings: WardSettings) -> Timing:
        limit = settings.limit(rule)
        delays = {limit.priority: limit.delay_s * SECOND}
        if limit.deep_limit is not None:
            delays.setdefault(Priority.HIGH, min(limit.deep_delay_s, limit.delay_s) * SECOND)
        return Timing(delays=delays)

    return timing


def _judge(view: BedView, rule: str, quantity: str, limit: Limit, *, low: bool) -> Finding:
    worst = _worst(view, quantity, low=low)
    if worst is None:
        return Finding(condition=rule, present=None, why=Why(text=_last_valid(view, quantity), rule=rule))
    stream, evidence = worst
    spot = stream.mode is Mode.SPOT
    edge = _scaled(limit.limit, stream)
    slack = _scaled(limit.hysteresis, stream) if rule in view.active and not spot else 0
    beyond = evidence.value < edge + slack if low else evidence.value > edge - slack
    if not beyond:
        text = f"{NAMES[quantity]} {value_text(stream.vital, evidence.value)}, inside its limit"
        return Finding(condition=rule, present=False, why=Why(text=text, rule=rule, limit=edge), spot=spot)
    priority = limit.priority
    if limit.deep_limit is not None and _deeper(evidence.value, _scaled(limit.deep_limit, stream), low=low):
        priority = Priority.HIGH
    text = finding_text(evidence, 0 if spot else _lasted(view.now, stream, evidence, edge, low=low))
    why = Why(text=text, rule=rule, limit=edge, evidence=(evidence,), devices=(stream.device,))
    return Finding(condition=rule, present=True, priority=priority, why=why, since=evidence.at, spot=spot)


def _worst(view: BedView, quantity: str, *, low: bool) -> tuple[Stream, Evidence] | None:
    candidates = []
    for stream in view.streams.get(quantity, []):
        evidence = stream.evidence()
        if evidence is not None and not stream.off:
            candidates.append((stream, evidence))
    pick = min if low else max
    return pick(candidates, key=lambda pair: pair[1].value, default=None)


def _last_valid(view: BedView, quantity: str) -> str:
    seen = [e for stream in view.streams.get(quantity, []) if (e := stream.evidence()) is not None]
    if not seen:
        return f"{NAMES[quantity]} never seen"
    last = max(seen, key=lambda evidence: evidence.at)
    return f"last valid {NAMES[quantity]} {value_text(last.vital, last.value)}, {span_text(view.now - last.at)} ago"


def _scaled(value: Decimal, stream: Stream) -> int:
    return VITALS[stream.vital].scaled(value)


def _deeper(value: int, deep: int, *, low: bool) -> bool:
    return value < deep if low else value > deep


def _lasted(now: int, stream: Stream, evidence: Evidence, edge: int, *, low: bool) -> int:
    """Return for how many ns the recent samples have all been beyond the limit."""
    began = evidence.at
    for at, value in reversed(stream.past):
        if (value >= edge) if low else (value <= edge):
            break
        began = at
    return now - began
