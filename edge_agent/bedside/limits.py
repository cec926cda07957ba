"""How a limit rule judges: the worst present value of a quantity against its limit, with hysteresis while it alerts.

A valid worse value of a source that is not the chosen one counts too: sources are never averaged, and none may hide
another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from edge_agent.bedside.loss import last_valid
from edge_agent.bedside.stream import Stream, overtaken
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import NAMES, finding_text, value_text
from edge_agent.domain.alerts import Evidence, Kind, Priority, Why
from edge_agent.domain.settings import SECOND, Limit, WardSettings
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS

_OF_QUANTITY = {vital.quantity: vital for vital in VITALS.values()}


def limit_rule(rule: str, quantity: str, *, low: bool, hazard: str, source: str) -> Rule:
    """Return the rule that alerts when `quantity` is below (`low`) or above its limit in the ward's settings."""

    def evaluate(view: BedView) -> Iterable[Finding]:
        if quantity not in view.streams and rule not in view.active:
            return  # nobody has ever measured it here: nothing to judge, nothing to keep
        limit = view.settings.limit(rule)
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
        cap = limit.delay_s * SECOND
        if limit.deep_limit is None:
            return Timing(delays={limit.priority: cap}, burden=_budget(rule, limit))
        return Timing(
            delays={limit.priority: cap, Priority.HIGH: cap},
            deep=min(limit.deep_delay_s * SECOND, cap),
            burden=_budget(rule, limit),
        )

    return timing


def _budget(rule: str, limit: Limit) -> int | None:
    """Return the limit's burden in units of the resolution times ns."""
    if limit.burden is None:
        return None
    return _OF_QUANTITY[rule.rpartition("-")[0].replace("-", "_")].scaled(limit.burden) * SECOND


def _judge(view: BedView, rule: str, quantity: str, limit: Limit, *, low: bool) -> Finding:
    fresh, held = _fresh(view, rule, quantity), rule in view.active
    beyond = [pair for pair in fresh if _deeper(pair[1].value, _way_out(limit, pair[0], held=held, low=low), low=low)]
    worst = (min if low else max)(beyond or fresh, key=lambda pair: pair[1].value, default=None)
    if worst is None or (not beyond and overtaken(view.streams[quantity])):
        text = last_valid(view.streams.get(quantity, [])) or f"{NAMES[quantity]} never seen"
        return Finding(condition=rule, present=None, why=Why(text=text, rule=rule))
    stream, evidence = worst
    spot = stream.mode is Mode.SPOT
    edge = _scaled(limit.limit, stream)
    if not beyond:
        text = f"{NAMES[quantity]} {value_text(stream.vital, evidence.value)}, inside its limit"
        alone = all(each.mode is Mode.SPOT for each, _ in fresh)
        return Finding(condition=rule, present=False, why=Why(text=text, rule=rule, limit=edge), spot=alone)
    plain = _deeper(evidence.value, edge, low=low)
    deep = limit.deep_limit is not None and _deeper(evidence.value, _scaled(limit.deep_limit, stream), low=low)
    others = [other for each, other in fresh if each is not stream and each.mode is Mode.CONTINUOUS and not spot]
    text = finding_text(evidence, 0 if spot else _lasted(view.now, stream, evidence, edge, low=low))
    why = Why(
        text=text,
        rule=rule,
        limit=edge,
        own=view.own.get(rule),
        evidence=(evidence, *others),
        devices=(stream.device,),
    )
    return Finding(
        condition=rule,
        present=True,
        priority=Priority.HIGH if deep else limit.priority,
        why=why,
        since=evidence.at,
        spot=spot,
        depth=abs(evidence.value - edge) if plain else 0,
        deep=deep,
        confirmed=not others or any(_deeper(other.value, edge, low=low) for other in others),
        plain=plain,
    )


def _fresh(view: BedView, rule: str, quantity: str) -> list[tuple[Stream, Evidence]]:
    """Return the present values; a spot value that a person has reset is none."""
    dismissed = view.dismissed.get(rule, -1)
    return [
        (stream, evidence)
        for stream in view.streams.get(quantity, [])
        if not stream.off
        and (evidence := stream.evidence()) is not None
        and not (stream.mode is Mode.SPOT and evidence.at <= dismissed)
    ]


def _way_out(limit: Limit, stream: Stream, *, held: bool, low: bool) -> int:
    """Return beyond what a stream counts: while an alert is held, a continuous one has some way to go inside."""
    edge = _scaled(limit.limit, stream)
    slack = _scaled(limit.hysteresis, stream) if held and stream.mode is Mode.CONTINUOUS else 0
    return edge + slack if low else edge - slack


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
