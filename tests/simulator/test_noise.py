"""Noise wanders without corners, and is asked, not drawn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.simulator.noise import noise, smooth

SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.integers(-1000, 1000), st.sampled_from([1.0, 8.0, 300.0]))
def test_noise_is_flat_where_it_turns(seed: int, knot: int, period: float) -> None:
    here = knot * period
    swing = abs(noise(seed, "any", here + period, period) - noise(seed, "any", here, period))
    step = abs(noise(seed, "any", here + period / 100, period) - noise(seed, "any", here, period))
    assert step <= swing / 1000 + 1e-9


@given(SEEDS, st.floats(-1e5, 1e5))
def test_channels_are_independent(seed: int, t: float) -> None:
    assert noise(seed, "pulse", t, 8) != noise(seed, "spo2", t, 8)


@given(st.floats(-10, 10))
def test_a_share_is_clamped(share: float) -> None:
    assert 0 <= smooth(share) <= 1
    assert (smooth(-1.0), smooth(0.5), smooth(2.0)) == (0, 0.5, 1)
