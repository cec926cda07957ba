"""Law 4: behind a weak or missing frame check nothing is raised or cleared on one frame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import Limit
from firmware_bridges.bridge import Strength
from firmware_bridges.families import FAMILIES
from tests.bedside.harness import Bench, settings

WEAK = sorted(
    name
    for name, family in FAMILIES.items()
    if family.check.strength is not Strength.STRONG
    and any(measure.vital == "spo2" for measure in family.measures)
    and family.link.__class__.__name__ == "SerialSettings"
)


def bench_for(family: str) -> Bench:
    """Return a bench whose SpO2 rule acts at once, so that any single frame would show."""
    limit = Limit(limit=90, delay_s=0, hysteresis=0, deep_limit=85, deep_delay_s=0)  # type: ignore[arg-type] # whole numbers
    bench = Bench(settings(family=family, limits={"spo2-low": limit}))
    bench.feed(2, {"spo2": 96, "pulse_rate": 70}, hz=10)
    return bench


@pytest.mark.parametrize("family", WEAK)
@given(odd=st.integers(1, 89))
def test_one_low_frame_raises_nothing(family: str, odd: int) -> None:
    bench = bench_for(family)
    bench.say({"spo2": odd, "pulse_rate": 70})
    bench.feed(2, {"spo2": 96, "pulse_rate": 70}, hz=10)
    assert not bench.alerts("spo2-low")


@pytest.mark.parametrize("family", WEAK)
def test_two_low_frames_do(family: str) -> None:
    bench = bench_for(family)
    for _ in range(3):
        bench.say({"spo2": 84, "pulse_rate": 70})
        bench.wait(0.1)
    assert bench.phases("spo2-low")[0] == "start"


@pytest.mark.parametrize("family", WEAK)
def test_one_good_frame_clears_nothing(family: str) -> None:
    bench = bench_for(family)
    bench.feed(2, {"spo2": 84, "pulse_rate": 70}, hz=10)
    before = len(bench.alerts("spo2-low"))
    bench.say({"spo2": 96, "pulse_rate": 70})
    bench.feed(20, {"spo2": 84, "pulse_rate": 70}, hz=10)
    assert len(bench.alerts("spo2-low")) == before
    assert bench.present("spo2-low")


def test_there_are_weak_families() -> None:
    assert "contec_cms50_9byte" in WEAK
    assert "contec_cms50_5byte" in WEAK
