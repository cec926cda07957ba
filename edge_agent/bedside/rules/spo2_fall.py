"""SpO2 well below this patient's own usual. A trend rule: off until a ward sets from how many points."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import value_text
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.settings import SECOND, WardSettings

ID = "spo2-fall"


def _evaluate(view: BedView) -> Iterable[Finding]:
    points = view.settings.spo2_fall
    if points is None:
        return
    seen = [e for stream in view.streams.get("spo2", []) if not stream.off and (e := stream.evidence())]
    if view.baseline_spo2 is None or not seen:
        yield Finding(condition=ID, present=None, why=Why(text="no SpO2, or no hour of it yet", rule=ID))
        return
    worst = min(seen, key=lambda evidence: evidence.value)
    fallen = view.baseline_spo2 - worst.value
    usual = value_text("spo2", view.baseline_spo2)
    text = f"SpO2 {value_text('spo2', worst.value)}, {fallen} points below this patient's usual {usual}"
    why = Why(text=text, rule=ID, limit=view.baseline_spo2 - points, evidence=(worst,), devices=(worst.device,))
    yield Finding(condition=ID, present=fallen >= points, priority=Priority.LOW, why=why, since=worst.at)


def _timing(_settings: WardSettings) -> Timing:
    return Timing(delays={Priority.LOW: 120 * SECOND}, clear_after=60 * SECOND, clear_after_loss=60 * SECOND)


RULE = Rule(
    id=ID,
    title="SpO2 falls",
    kind=Kind.PHYSIOLOGICAL,
    priority=Priority.LOW,
    hazard="A fall within the limits that no limit shows, in a patient who usually has more.",
    source="Own rule, a trend: exempt from monotonicity, and off until a backtest shows what it adds",
    evaluate=_evaluate,
    timing=_timing,
)
