"""Manual observations: they count with person and time, they age out, and a wrong one is refused whole."""

from __future__ import annotations

from typing import Any

import pytest

from edge_agent.domain.settings import Bed
from edge_agent.domain.windows import Patient
from tests.bedside.harness import Bench, settings

WELL = {"respiratory_rate": 16, "systolic": 122, "temperature": 368}


def test_a_complete_score_needs_devices_and_a_person() -> None:
    bench = Bench()
    assert bench.observe(vitals=WELL, consciousness="A", supplemental_oxygen=False) == ()
    bench.feed(3, {"spo2": 97, "pulse_rate": 80})
    score = bench.score().rule
    assert score is not None
    assert (score.total, score.missing, score.risk) == (0, (), "low")


def test_unknown_oxygen_is_missing_and_not_air() -> None:
    bench = Bench()
    bench.observe(vitals=WELL, consciousness="A")
    bench.feed(3, {"spo2": 97, "pulse_rate": 80})
    score = bench.score().rule
    assert score is not None
    assert score.missing == ("supplemental_oxygen",)


def test_observations_age_out() -> None:
    bench = Bench(settings(spot_max_age_min=5))
    bench.observe(vitals=WELL, consciousness="A", supplemental_oxygen=True)
    bench.feed(6 * 60, {"spo2": 97, "pulse_rate": 80})
    score = bench.score().rule
    assert score is not None
    assert set(score.missing) == {
        "respiratory_rate",
        "systolic",
        "temperature",
        "consciousness",
        "supplemental_oxygen",
    }
    assert bench.shown("systolic", "observation").value is None


def test_scale_2_needs_prescriber_and_target_and_does_not_age_out() -> None:
    bench = Bench(settings(spot_max_age_min=5))
    no_prescriber, no_target = bench.observe(spo2_scale=2)
    assert "needs its prescriber" in no_prescriber
    assert "needs its spo2_target" in no_target
    assert bench.observe(spo2_scale=2, spo2_target=(88, 92), prescriber="dr3") == ()
    bench.feed(6 * 60, {"spo2": 90, "pulse_rate": 80})
    score = bench.score().rule
    assert score is not None
    assert score.spo2_scale == 2
    assert next(part.points for part in score.parts if part.name == "spo2") == 0


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"vitals": {"temperature": 3700}}, "not possible"),
        ({"vitals": {"mood": 3}}, "unknown vital mood"),
        ({"consciousness": "X"}, "one of A, C, V, P, U"),
        ({"spo2_scale": 3}, "1 or 2"),
        ({"spo2_target": (88, 92)}, "belongs to spo2_scale 2"),
        ({"spo2_scale": 2, "spo2_target": (92, 88), "prescriber": "dr3"}, "the lower one first"),
        ({"spo2_scale": 2, "spo2_target": (70, 92), "prescriber": "dr3"}, "within 85 to 96"),
        ({"person": ""}, "say who observed"),
        ({"age_s": 2 * 3600}, "too old"),
        ({"age_s": -5}, "future"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(seen: dict[str, Any], said: str) -> None:
    bench = Bench()
    (error,) = bench.observe(**seen)
    assert said in error


def test_all_errors_at_once_and_nothing_is_kept() -> None:
    bench = Bench()
    errors = bench.observe(vitals={"temperature": 3700, "systolic": 120}, consciousness="X")
    assert len(errors) == 2
    bench.wait(2)
    assert not bench.vitals()[-1].streams


def test_a_person_who_sees_a_patient_worse_alerts_at_once() -> None:
    bench = Bench()
    bench.observe(vitals={"respiratory_rate": 36})
    assert bench.phases("respiratory-rate-high") == ["start"]
    assert bench.present("news2")


def test_an_adult_score_is_not_given_to_a_child_or_in_pregnancy() -> None:

    for patient in (Patient(age_years=9), Patient(pregnant=True)):
        bench = Bench(settings(beds=(Bed(id="1", patient=patient),)))
        bench.feed(40, {"spo2": 80, "pulse_rate": 140})
        assert not bench.alerts("news2")
        assert bench.present("spo2-low")
