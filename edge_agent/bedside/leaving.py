"""Off the ward and back: unwatched on purpose, for a reason, under a name, and never for longer than was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.emptying import end_alerts, watch_anew
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.sight import required
from edge_agent.bedside.words import span_text
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import OffWardAsked, ReturnAsked
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.domain.stays import LONGEST_ABSENCE, Absence

BACK_AFTER = 30 * SECOND
"""Valid data for this long mean that the patient is back, whatever nobody has said (conventions A4)."""


def left(floor: Floor, asked: OffWardAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Stop watching a bed until a deadline, or say why not."""
    if not answered("off-ward", asked, [*common(floor, asked), *_cannot_leave(floor, asked, now)], now, effects):
        return ()
    reason = f"off ward by {asked.person}: {asked.reason.value}"
    effects.extend(end_alerts(floor, asked.bed, now, reason))
    floor.state.beds[asked.bed].absence = Absence(asked.reason, asked.person, now, asked.until)
    floor.changed(asked.bed)
    return (asked.bed,)


def returned(floor: Floor, asked: ReturnAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Watch a bed again, or say why not."""
    errors = list(common(floor, asked))
    if asked.bed in floor.state.beds and floor.state.beds[asked.bed].absence is None:
        errors.append(f"bed {asked.bed} is not off the ward")
    if not answered("return", asked, errors, now, effects):
        return ()
    come_back(floor, asked.bed, now)
    return (asked.bed,)


def look(floor: Floor, bed: str, now: int) -> None:
    """End an absence whose deadline has come, or whose patient is plainly back.

    At the deadline nobody knows where the patient is: a bed without fresh data is then NOT-MONITORED at once.
    """
    unit = floor.state.beds[bed]
    if unit.absence is None:
        return
    context = floor.context(bed)
    back = _back_since(unit, context)
    if back is not None and now >= back + BACK_AFTER:
        come_back(floor, bed, now)
    elif now >= unit.absence.until:
        come_back(floor, bed, now)
        unit.watched_since = now - context.blind_after()


def deadline(unit: BedUnit, context: Context) -> int | None:
    """Return when an absence has to be looked at, in ns; None without one."""
    if unit.absence is None:
        return None
    back = _back_since(unit, context)
    return unit.absence.until if back is None else min(unit.absence.until, back + BACK_AFTER)


def come_back(floor: Floor, bed: str, now: int) -> None:
    """Watch a bed again: what it required is expected from now on."""
    unit = floor.state.beds[bed]
    unit.absence = None
    watch_anew(unit, now)
    floor.changed(bed)


def _back_since(unit: BedUnit, context: Context) -> int | None:
    """Return since when a required vital has been seen again, after it had been gone; None while it is not."""
    since = [
        stream.good_since
        for stream in required(unit, context)
        if not stream.off and stream.good_since is not None and unit.absence and stream.good_since > unit.absence.since
    ]
    return min(since, default=None)


def _cannot_leave(floor: Floor, asked: OffWardAsked, now: int) -> Iterator[str]:
    if asked.until <= now:
        yield "until has passed"
    elif asked.until > now + LONGEST_ABSENCE:
        yield f"until is too far ahead: at most {span_text(LONGEST_ABSENCE)}"
    if asked.bed in floor.state.beds:
        state = floor.context(asked.bed).bed.state
        if state not in (BedState.MONITORED, BedState.OFF_WARD):
            yield f"bed {asked.bed} is {state.value}: nobody is watched there"
