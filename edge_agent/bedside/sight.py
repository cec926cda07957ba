"""What is seen of a bed: which values are still fresh, which stream is in use, and whether the bed is blind."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.bed import LASTING, BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.sources import choose, ranked
from edge_agent.bedside.stream import Stream
from edge_agent.domain.settings import SECOND, BedState
from firmware_bridges.bridge import Mode

RISK_LASTS = 900 * SECOND
"""A model's answer counts for this long."""


def age(bed: BedUnit, context: Context, now: int) -> None:
    """Withdraw what has become too old at `now` (ns): values, statements of people, the model's answer."""
    for stream in bed.streams.values():
        bed.dirty |= stream.went_stale(now, context.max_age(stream))
    oldest = now - context.settings.spot_max_age_min * 60 * SECOND
    for name in [n for n, fact in bed.facts.items() if n not in LASTING and fact.at <= oldest]:
        del bed.facts[name]
        bed.dirty = True
    if bed.risk_at is not None and now >= bed.risk_at + RISK_LASTS:
        bed.risk = bed.risk_at = None
        bed.dirty = True


def rank(bed: BedUnit, context: Context, now: int) -> dict[str, list[Stream]]:
    """Choose a stream for every quantity; return all of them by quantity, the chosen one first."""
    by_quantity: dict[str, list[Stream]] = {}
    for stream in bed.streams.values():
        by_quantity.setdefault(stream.quantity, []).append(stream)
    for quantity, streams in by_quantity.items():
        ranking = ranked(streams, quantity, context.bed, context.devices)
        used = choose(ranking, bed.streams.get(bed.chosen.get(quantity, "")), now)
        before = bed.chosen.pop(quantity, "")
        if used is not None:
            bed.chosen[quantity] = f"{used.device}/{used.vital}"
            ranking.remove(used)
            ranking.insert(0, used)
        by_quantity[quantity] = ranking
        bed.dirty |= before != bed.chosen.get(quantity, "")
    return by_quantity


def look(bed: BedUnit, context: Context, now: int) -> None:
    """Decide whether the bed is NOT-MONITORED, and notice a changed bed state."""
    expected = context.bed.state is BedState.MONITORED and bool(context.bed.required)
    blind = expected and not seen(bed, context) and (bed.blind or now >= blind_from(bed, context))
    if blind != bed.blind or context.bed.state is not bed.state:
        bed.blind, bed.blind_since = blind, now
        bed.snapshot_due = bed.dirty = True
        bed.state = context.bed.state


def seen(bed: BedUnit, context: Context) -> bool:
    """Tell whether any required continuous vital is usable now."""
    return any(not stream.off for stream in required(bed, context))


def last_seen(bed: BedUnit, context: Context) -> int | None:
    """Return when any required continuous vital was last usable, in ns."""
    return max((s.at for s in required(bed, context) if s.at is not None), default=None)


def blind_from(bed: BedUnit, context: Context) -> int:
    """Return when the bed is NOT-MONITORED if nothing is seen until then, in ns."""
    return max(last_seen(bed, context) or bed.watched_since, bed.watched_since) + context.blind_after()


def required(bed: BedUnit, context: Context) -> Iterator[Stream]:
    """Give the continuous streams of the quantities that must stay fresh."""
    for stream in bed.streams.values():
        if stream.mode is Mode.CONTINUOUS and stream.quantity in context.bed.required:
            yield stream
