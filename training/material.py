"""What a family is fitted on: the inputs of many eligible hours, as recorded and, anew every time, hurt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edge_agent.risk.features import Floats
from edge_agent.risk.manifest import Channel
from training.examples import hurt, inputs
from training.hourly import Flags, Rows, Stays


class Material(NamedTuple):
    """Eligible hours of the stays that weights may be fitted on.

    Per row of `rows`: `recorded` [n, ROWS, C] is the input, `positive` what came true, `stay` whose it is.
    """

    stays: Stays
    rows: Rows
    channels: tuple[Channel, ...]
    recorded: Floats
    positive: Flags
    stay: Rows


def material(stays: Stays, rows: Rows, positive: Flags, channels: tuple[Channel, ...]) -> Material:
    """Prepare the hours `rows`. `positive` is per row of `stays`."""
    recorded = inputs(stays, rows, channels)
    return Material(stays, rows, channels, recorded, positive[rows], stays.start[rows])


def partly_hurt(given: Material, random: np.random.Generator, share: float) -> Floats:
    """Return the inputs with a random `share` of their windows hurt, others every time."""
    made = given.recorded.copy()
    chosen = np.flatnonzero(random.random(len(given.rows)) < share)
    if len(chosen):
        made[chosen] = inputs(given.stays, given.rows[chosen], given.channels, hurt(random))
    return made


def sample(given: Material, count: int, random: np.random.Generator, shares: Sequence[float] = (0.0, 1.0)) -> Floats:
    """Return the inputs of at most `count` hours, in equal parts hurt by each of `shares`."""
    chosen = np.array_split(random.permutation(len(given.rows))[:count], len(shares))
    parts = [_only(given, part) for part in chosen]
    return np.concatenate([partly_hurt(part, random, share) for part, share in zip(parts, shares, strict=True)])


def _only(given: Material, chosen: Rows) -> Material:
    """Return the hours number `chosen` of `given`."""
    return given._replace(
        rows=given.rows[chosen],
        recorded=given.recorded[chosen],
        positive=given.positive[chosen],
        stay=given.stay[chosen],
    )
