"""A claim: a person says whose measurement the one of a shared device is, or is told why that cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.asked import answered, common
from edge_agent.bedside.floor import Floor
from edge_agent.bedside.links import take_reading
from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Claim


def claimed(floor: Floor, claim: Claim, now: int, effects: list[Effect]) -> Iterable[str]:
    """Give the waiting measurement of a shared device to a bed, under the person's name."""
    if not answered("claim", claim, [*common(floor, claim, "claims"), *_objections(floor, claim)], now, effects):
        return ()
    line, bed = floor.state.lines[claim.device], floor.state.beds[claim.bed]
    readings, line.waiting = line.waiting, ()
    for reading in readings:
        take_reading(floor, line, bed, reading, now).person = claim.person
    return (claim.bed,)


def _objections(floor: Floor, claim: Claim) -> Iterator[str]:
    route = floor.routes.get(claim.device)
    if route is None or not route.device.shared:
        yield f"{claim.device} is no shared device of this gateway"
    elif not floor.state.lines[claim.device].waiting:
        yield f"nothing of {claim.device} waits: a measurement can be claimed once, within 120 s"
