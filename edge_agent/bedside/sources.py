"""Which stream feeds the scores for a quantity: the first fresh one in the ward's order, with hysteresis.

Never an average.
"""

from __future__ import annotations

from edge_agent.bedside.stream import PERSON, Stream
from edge_agent.domain.settings import SECOND, Bed, Device
from firmware_bridges.bridge import Mode

RETURN_AFTER = 10 * SECOND
"""A better source takes over again only after it has been fresh for this long."""


def ranked(streams: list[Stream], quantity: str, bed: Bed, devices: tuple[Device, ...]) -> list[Stream]:
    """Return the streams of one quantity in the ward's order.

    Configured sources, then devices as listed, people last.
    """
    if len(streams) == 1:
        return [*streams]
    order = [*bed.sources.get(quantity, ()), *(d.id for d in devices), PERSON]
    return sorted(streams, key=lambda stream: (stream.mode is Mode.SPOT, order.index(stream.device)))


def choose(ranking: list[Stream], present: Stream | None, now: int) -> Stream | None:
    """Return the stream to use at `now`, given the one used until now; None when none is fresh."""
    fresh = [stream for stream in ranking if not stream.off]
    if not fresh:
        return None
    if fresh[0].mode is Mode.SPOT:
        return max(fresh, key=lambda stream: stream.at or 0)
    if present is None or present.off or present.mode is Mode.SPOT or present is fresh[0]:
        return fresh[0]
    settled = fresh[0].good_since is not None and now >= fresh[0].good_since + RETURN_AFTER
    return fresh[0] if settled else present
