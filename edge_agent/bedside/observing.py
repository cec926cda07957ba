"""An observation: it counts, or everything that a person must mend is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.words import NAMES, span_text, value_text
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Observation
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import VITALS

OLDEST = 3600 * SECOND
"""An observation older than this belongs into the chart, not into live scores: old data never raises a live alert."""

LEVELS = "ACVPU"
SCALE_2 = 2
"""The RCP's name of the SpO2 scale for a confirmed hypercapnic failure, with a target of mostly 88 to 92 %."""

TARGETS = (85, 96)
"""What a target on scale 2 may be, in %: not below where a low SpO2 limit may be, below where scale 1 gives 0."""


def observed(floor: Floor, seen: Observation, now: int, effects: list[Effect]) -> Iterable[str]:
    """Let an observation count at its bed, or say why not."""
    if not answered("observe", seen, [*common(floor, seen, "observed"), *_objections(seen, now)], now, effects):
        return ()
    floor.state.beds[seen.bed].observe(seen, now)
    floor.changed(seen.bed)
    return (seen.bed,)


def _objections(seen: Observation, now: int) -> Iterator[str]:
    if now - seen.observed_at > OLDEST:
        yield f"observed {span_text(now - seen.observed_at)} ago: too old to be live, at most {span_text(OLDEST)}"
    if seen.observed_at > now:
        yield "observed in the future"
    for vital, value in seen.vitals.items():
        yield from _vital(vital, value)
    if seen.consciousness is not None and seen.consciousness not in tuple(LEVELS):
        yield f"consciousness {seen.consciousness!r}: one of {', '.join(LEVELS)}"
    if seen.spo2_scale is not None and seen.spo2_scale not in (1, 2):
        yield f"spo2_scale {seen.spo2_scale}: 1 or 2"
    if seen.spo2_scale == SCALE_2 and not seen.prescriber:
        yield "spo2_scale 2 needs its prescriber"
    yield from _target(seen)


def _target(seen: Observation) -> Iterator[str]:
    if seen.spo2_target is None:
        if seen.spo2_scale == SCALE_2:
            yield "spo2_scale 2 needs its spo2_target, such as 88 to 92"
        return
    low, high = seen.spo2_target
    if seen.spo2_scale != SCALE_2:
        yield "spo2_target belongs to spo2_scale 2"
    elif not TARGETS[0] <= low < high <= TARGETS[1]:
        yield f"spo2_target {low} to {high}: within {TARGETS[0]} to {TARGETS[1]}, the lower one first"


def _vital(vital: str, value: int) -> Iterator[str]:
    if vital not in VITALS:
        yield f"unknown vital {vital}: one of {', '.join(VITALS)}"
        return
    bounds = PLAUSIBLE[vital]
    if not bounds.lowest <= value <= bounds.highest:
        low, high = value_text(vital, bounds.lowest), value_text(vital, bounds.highest)
        yield f"{NAMES[VITALS[vital].quantity]} {value_text(vital, value)} is not possible: {low} to {high}"
