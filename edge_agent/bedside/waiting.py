"""What a shared device measured waits for a person who says whose it is, and then goes nowhere.

Of each device only the newest measurement waits: an older one could be another patient's.
"""

from __future__ import annotations

from edge_agent.bedside.line import Line
from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.domain.effects import Effect, Unclaimed, Waits
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import Reading, Reason, Validity

WAITS = 120 * SECOND
"""From the arrival of a measurement until nobody may claim it any more: about the way from the bedside to a screen."""


def hold(line: Line, reading: Reading, now: int, effects: list[Effect]) -> None:
    """Let a reading wait, or count why it is none that could be claimed."""
    line.count(reading)
    if reading.stored or now - reading.at >= WAITS:
        line.reject(Reason.STORED if reading.stored else "late")
        return
    if (reason := _unusable(reading)) is not None:
        line.reject(reason)
        return
    if line.waiting and line.waiting[0].frame != reading.frame:
        drop(line, now, effects, "followed by another measurement before anybody claimed it")
    if not line.waiting:
        effects.append(Waits(line.id, now))
    line.waiting = (*line.waiting, reading)


def deadline(line: Line) -> int | None:
    """Return when what waits goes nowhere, in ns; None when nothing waits."""
    return line.waiting[0].at + WAITS if line.waiting else None


def drop(line: Line, now: int, effects: list[Effect], why: str) -> None:
    """Let what waits go nowhere: counted, and told for the audit."""
    vitals = tuple(reading.vital for reading in line.waiting)
    for _ in vitals:
        line.reject("unclaimed")
    effects.append(Unclaimed(line.id, now, vitals, why))
    line.waiting = ()


def _unusable(reading: Reading) -> Reason | None:
    if reading.validity is not Validity.VALID:
        return reading.reason
    bounds = PLAUSIBLE[reading.vital]
    if reading.value is None or not bounds.lowest <= reading.value <= bounds.highest:
        return Reason.NOT_AVAILABLE if reading.value is None else Reason.OUT_OF_RANGE
    return None
