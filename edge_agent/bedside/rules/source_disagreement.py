"""Two devices measure the same vital of one patient and lastingly disagree."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import NAMES, value_text
from edge_agent.domain.alerts import Evidence, Kind, Priority, Why
from edge_agent.domain.settings import SECOND, WardSettings
from firmware_bridges.bridge import Mode

ID = "source-disagreement"
TOLERANCE = {"pulse": 20, "spo2": 6, "respiratory_rate": 10, "temperature": 10}
"""Differences, in units of the resolution, that two sound devices on one patient do not keep up; a proposal of ours."""


def _evaluate(view: BedView) -> Iterable[Finding]:
    for quantity, tolerance in TOLERANCE.items():
        streams = [s for s in view.streams.get(quantity, []) if s.mode is Mode.CONTINUOUS]
        if len(streams) > 1:
            yield _judge(
                quantity, sorted((e for s in streams if not s.off and (e := s.evidence())), key=_value), tolerance
            )


def _value(evidence: Evidence) -> int:
    return evidence.value


def _judge(quantity: str, found: list[Evidence], tolerance: int) -> Finding:
    condition = f"{ID}-{quantity}"
    if len(found) <= 1:
        return Finding(condition=condition, present=None, why=Why(text="only one source", rule=ID))
    if found[-1].value - found[0].value <= tolerance:
        return Finding(condition=condition, present=False, why=Why(text=f"{NAMES[quantity]} sources agree", rule=ID))
    said = ", ".join(f"{e.device} says {value_text(e.vital, e.value)}" for e in found)
    why = Why(text=f"{NAMES[quantity]}: {said}", rule=ID, evidence=tuple(found), devices=tuple(e.device for e in found))
    return Finding(condition=condition, present=True, priority=Priority.LOW, why=why)


def _timing(_settings: WardSettings) -> Timing:
    return Timing(delays={Priority.LOW: 60 * SECOND})


RULE = Rule(
    id=ID,
    title="Sources disagree",
    kind=Kind.TECHNICAL,
    priority=Priority.LOW,
    hazard="One of two devices is wrong, or on the wrong patient, and it may be the one that feeds the scores.",
    source="Own rule; two streams are never averaged",
    evaluate=_evaluate,
    timing=_timing,
)
