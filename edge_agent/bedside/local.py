"""The gateway's own output: it sounds for alerts that reach nobody else, and may be quieted for two minutes at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.floor import Floor
from edge_agent.bedside.gateway import BROKER_GONE
from edge_agent.domain.effects import Cause, Effect, LocalSignal, QuietTaken
from edge_agent.domain.inputs import NobodyListened, QuietAsked
from edge_agent.domain.settings import SECOND, Role

LONGEST_QUIET = 120 * SECOND


def quieted(floor: Floor, asked: QuietAsked, now: int, effects: list[Effect]) -> Iterable[str]:
    """Quiet the output about what it sounds for now; a new cause, or a worse one, sounds at once."""
    errors = tuple(_objections(floor, asked, now))
    effects.append(QuietTaken(asked.request, asked.person, now, asked.until, errors))
    if errors:
        return ()
    local = floor.state.local
    local.quiet_until, local.known = asked.until, _wanting(floor)
    effects.append(_said(floor, now))
    return ("",)


def nobody_listened(floor: Floor, deaf: NobodyListened, _now: int, _effects: list[Effect]) -> Iterable[str]:
    """Let an alert that the broker had nobody to give to sound here. Whoever does listen will say so again."""
    floor.state.audience.until = {}
    bed = floor.state.beds.get(deaf.bed)
    for condition in bed.conditions.values() if bed is not None else ():
        if condition.alert is not None and condition.alert.event_id == deaf.event_id and condition.call is not None:
            condition.call.unheard = True
            floor.changed(deaf.bed)
            return (deaf.bed,)
    return ("",)


def report(floor: Floor, now: int) -> list[Effect]:
    """Say what the output does at `now` (ns) when that has changed."""
    local = floor.state.local
    over = local.quiet_until is not None and now >= local.quiet_until
    if over:
        local.quiet_until, local.known = None, ()
    changed = (_sounding(floor), _soft(floor)) != (local.sounding, local.soft)
    return [_said(floor, now)] if over or changed else []


def _said(floor: Floor, now: int) -> LocalSignal:
    local = floor.state.local
    local.sounding, local.soft = _sounding(floor), _soft(floor)
    return LocalSignal(now, local.sounding, local.quiet_until, local.soft)


def _soft(floor: Floor) -> bool:
    """Tell whether medium sounds softly now."""
    return floor.night is not None and floor.night.soft


def _sounding(floor: Floor) -> tuple[Cause, ...]:
    known = floor.state.local.known
    return tuple(cause for cause in _wanting(floor) if cause not in known)


def _wanting(floor: Floor) -> tuple[Cause, ...]:
    """Return what reaches nobody else: everything, while the broker is gone or no consumer is configured."""
    everything = BROKER_GONE in floor.state.gateway.facts or not floor.callers.tiers
    found = [c for bed in floor.state.beds.values() for c, alone in bed.causes if alone or everything]
    return tuple(sorted(found, key=lambda cause: (-cause.priority.rank, cause.bed, cause.condition)))


def _objections(floor: Floor, asked: QuietAsked, now: int) -> Iterator[str]:
    if asked.consumer:
        consumer = floor.consumer(asked.consumer)
        if consumer is None or consumer.role is Role.DISPLAY:
            yield f"consumer {asked.consumer} has no role in this ward that may quiet"
    if asked.until > now + LONGEST_QUIET:
        yield f"longer than {LONGEST_QUIET // SECOND} s"
    if asked.until <= now:
        yield "it is over already"
