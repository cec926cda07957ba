"""One required vital is missing while another is still seen."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.rules.not_monitored import cause
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import NAMES, span_text, value_text
from edge_agent.domain.alerts import Evidence, Kind, Priority, Why
from edge_agent.domain.settings import SECOND, WardSettings

ID = "signal-lost"


def _evaluate(view: BedView) -> Iterable[Finding]:
    seen = any(not stream.off for quantity in view.bed.required for stream in view.streams.get(quantity, []))
    for quantity in view.bed.required:
        condition = f"{ID}-{quantity}"
        streams = view.streams.get(quantity, [])
        if any(not stream.off for stream in streams):
            yield Finding(condition=condition, present=False, why=Why(text=f"{NAMES[quantity]} is back", rule=ID))
        elif not seen:
            # NOT-MONITORED is there or near, and says more: nothing new is raised, and what had been raised stays.
            why = Why(text="no required vital is seen", rule=ID)
            yield Finding(condition=condition, present=None if condition in view.active else False, why=why)
        else:
            yield _lost(view, quantity, streams[0].evidence() if streams else None)


def _lost(view: BedView, quantity: str, last: Evidence | None) -> Finding:
    seen = (
        f"last valid {value_text(last.vital, last.value)}, {span_text(view.now - last.at)} ago"
        if last
        else "never seen"
    )
    why = Why(
        text=f"{NAMES[quantity]} signal lost: {cause(view)}; {seen}",
        rule=ID,
        evidence=(last,) if last else (),
        missing=(quantity,),
        devices=tuple(device.id for device in view.devices),
    )
    return Finding(condition=f"{ID}-{quantity}", present=True, priority=Priority.LOW, why=why)


def _timing(settings: WardSettings) -> Timing:
    longest = max((settings.max_age(quantity) for quantity in settings.max_age_s), default=10 * SECOND)
    return Timing(delays={Priority.LOW: longest}, clear_after=5 * SECOND, clear_after_loss=5 * SECOND)


RULE = Rule(
    id=ID,
    title="Signal lost",
    kind=Kind.TECHNICAL,
    priority=Priority.LOW,
    hazard="A vital the ward relies on is no longer watched.",
    source="IEC 60601-1-8 (technical alarm conditions)",
    evaluate=_evaluate,
    timing=_timing,
)
