"""Hurt windows: what is taken away or moved, how much of it, and that nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_agent.risk.features import SIGHT, Beds
from tests.training.tables import stays_of, wandering
from training.examples import DROPPED, HURTS, hurt, spiked
from training.hourly import beds


def _whole(count: int) -> Beds:
    medians = np.full((count, SIGHT, 5), 100, np.float32)
    single = np.zeros(count, np.float32)
    return Beds(medians, single, single, single > 0, single)


def test_every_kind_of_hurt_befalls_its_share_of_windows() -> None:
    found = hurt(np.random.default_rng(1))(_whole(20_000)).medians
    gone = np.isnan(found)
    moved = (found != 100) & ~gone
    assert abs(moved.any(axis=(1, 2)).mean() - HURTS["spike"]) < 0.04
    assert gone.all(axis=1).any(axis=1).mean() > HURTS["drop"] * min(DROPPED)
    untouched = (found == 100).all(axis=(1, 2)).mean()
    assert abs(untouched - np.prod([1 - share for share in HURTS.values()])) < 0.05


def test_the_same_seed_hurts_alike_and_another_otherwise(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, wandering(count=5, hours=30, seed=2))
    given = beds(stays, np.arange(len(stays.hour)))
    first, again, other = (hurt(np.random.default_rng(seed))(given).medians for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other, equal_nan=True)


def test_a_spike_never_makes_a_value_of_nothing() -> None:
    medians = _whole(500).medians
    medians[:, :, 2] = np.nan
    assert np.isnan(spiked(medians, np.random.default_rng(3))[:, :, 2]).all()
