"""What all requests about a bed share: a known bed, a named person, and an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge_agent.bedside.floor import Floor
from edge_agent.domain.effects import Effect, RequestTaken
from edge_agent.domain.inputs import BedRequest


def common(floor: Floor, asked: BedRequest) -> Iterator[str]:
    """Give the objections that any request may meet."""
    if asked.bed not in floor.state.beds:
        yield f"bed {asked.bed} is not on this gateway"
    if not asked.person:
        yield "person is empty: say who asks"


def answered(command: str, asked: BedRequest, errors: Sequence[str], now: int, effects: list[Effect]) -> bool:
    """Answer a request; True when nothing speaks against doing it."""
    effects.append(RequestTaken(command, asked.bed, asked.request, asked.person, now, tuple(errors)))
    return not errors
