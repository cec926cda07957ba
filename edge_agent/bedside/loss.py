"""What a lost value had been, in words that stay true: '78 %, 12 s before loss'."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.stream import Stream
from edge_agent.bedside.words import NAMES, span_text, value_text
from edge_agent.domain.alerts import Evidence
from firmware_bridges.vitals import VITALS


def last_valid(streams: Iterable[Stream]) -> str:
    """Return 'last valid SpO2 78 %, 12 s before loss' of the newest value of each quantity, '' where there was none."""
    newest: dict[str, Stream] = {}
    for stream in streams:
        if stream.at is not None and stream.at >= (newest.get(stream.quantity, stream).at or 0):
            newest[stream.quantity] = stream
    parts = [part for stream in newest.values() if (part := _part(stream))]
    return f"last valid {'; '.join(parts)}" if parts else ""


def last_told(evidence: Iterable[Evidence]) -> str:
    """Return 'last valid SpO2 78 %' of the newest of these values, '' without one: a patient who moved brought it."""
    newest = max(evidence, key=lambda each: each.at, default=None)
    if newest is None:
        return ""
    return f"last valid {NAMES[VITALS[newest.vital].quantity]} {value_text(newest.vital, newest.value)}"


def _part(stream: Stream) -> str:
    if stream.value is None or stream.at is None:
        return ""
    before = f", {span_text(stream.lost_at - stream.at)} before loss" if stream.lost_at is not None else ""
    return f"{NAMES[VITALS[stream.vital].quantity]} {value_text(stream.vital, stream.value)}{before}"
