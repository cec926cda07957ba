"""What all requests about a bed share: a known bed, a named person, and an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge_agent.bedside.floor import Floor
from edge_agent.domain.effects import Effect, RequestTaken
from edge_agent.domain.inputs import BedRequest, Claim


def common(floor: Floor, asked: BedRequest, does: str = "asks") -> Iterator[str]:
    """Give the objections that any request may meet; `does`: what the person does by it."""
    if asked.bed not in floor.state.beds:
        yield f"bed {asked.bed} is not on this gateway"
    if not asked.person:
        yield f"person is empty: say who {does}"


def answered(command: str, asked: BedRequest, errors: Sequence[str], now: int, effects: list[Effect]) -> bool:
    """Answer a request; True when nothing speaks against doing it."""
    device = asked.device if isinstance(asked, Claim) else ""
    effects.append(RequestTaken(command, asked.bed, asked.request, asked.person, now, tuple(errors), device))
    return not errors
