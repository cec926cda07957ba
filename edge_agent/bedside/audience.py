"""Who listens: consumers that said so lately, and what kind of alert system that makes this gateway now."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.floor import Floor
from edge_agent.bedside.gateway import BROKER_GONE
from edge_agent.domain.effects import AlertSystem, AudienceChanged, Effect
from edge_agent.domain.inputs import Listening
from edge_agent.domain.settings import SECOND, Consumer, Role

LEASE = 120 * SECOND
"""A receipt shows that its consumer listens, for this long."""


def listening(floor: Floor, said: Listening, now: int, _effects: list[Effect]) -> Iterable[str]:
    """Note that a consumer listens; one that is not configured does not count."""
    if floor.consumer(said.consumer) is None or said.until <= now:
        return ()
    floor.state.audience.until[said.consumer] = said.until
    return ("",)


def report(floor: Floor, now: int) -> list[Effect]:
    """Say who listens at `now` (ns) when that has changed. Without a broker that is nobody."""
    audience = floor.state.audience
    reached = BROKER_GONE not in floor.state.gateway.facts
    audience.until = {name: until for name, until in audience.until.items() if reached and now < until}
    present = [consumer for name in sorted(audience.until) if (consumer := floor.consumer(name)) is not None]
    displays = tuple(consumer.id for consumer in present if consumer.role is Role.DISPLAY)
    said = AudienceChanged(now, _system(present), tuple(consumer.id for consumer in present), displays)
    if (said.system, said.listeners, said.displays) == (audience.system, audience.listeners, audience.displays):
        return []
    audience.system, audience.listeners, audience.displays = said.system, said.listeners, said.displays
    return [said]


def _system(present: list[Consumer]) -> AlertSystem:
    if any(consumer.role is not Role.DISPLAY for consumer in present):
        return AlertSystem.CDAS
    return AlertSystem.DAS if present else AlertSystem.DIS
