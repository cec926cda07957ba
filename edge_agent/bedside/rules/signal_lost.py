"""One required vital is missing while another is still seen. At least as loud as an alert that it displaces."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.loss import last_valid
from edge_agent.bedside.rules.not_monitored import cause
from edge_agent.bedside.stream import Stream
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import NAMES
from edge_agent.domain.alerts import Kind, Priority, Why
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
            yield _lost(view, quantity, streams[:1])


def _lost(view: BedView, quantity: str, last: list[Stream]) -> Finding:
    inherited = view.displaced.get(quantity, Priority.INFO)
    while_alerting = " while it was alerting" if inherited is not Priority.INFO else ""
    why = Why(
        text=f"{NAMES[quantity]} signal lost{while_alerting}: {cause(view)}; {last_valid(last) or 'never seen'}",
        rule=ID,
        evidence=tuple(e for stream in last if (e := stream.evidence())),
        missing=(quantity,),
        devices=tuple(device.id for device in view.devices),
    )
    priority = inherited if inherited.rank > Priority.LOW.rank else Priority.LOW
    return Finding(condition=f"{ID}-{quantity}", present=True, priority=priority, why=why, at_least=inherited)


def _timing(settings: WardSettings) -> Timing:
    longest = max((settings.max_age(quantity) for quantity in settings.max_age_s), default=10 * SECOND)
    return Timing(delays={Priority.LOW: longest}, clear_after=5 * SECOND, clear_after_loss=5 * SECOND)


RULE = Rule(
    id=ID,
    title="Signal lost",
    kind=Kind.TECHNICAL,
    priority=Priority.HIGH,
    hazard="A vital the ward relies on is no longer watched.",
    source="IEC 60601-1-8 (technical alarm conditions)",
    evaluate=_evaluate,
    timing=_timing,
)
