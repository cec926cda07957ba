"""Patients are functions of their seed and of time, and vitals move together as a nurse would expect."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import HOURS, QUANTITIES
from edge_agent.simulator.courses import Course, desaturation, deterioration, sepsis
from edge_agent.simulator.histories import medians
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.physiology import Resting
from firmware_bridges.vitals import VITALS

MOMENTS = st.integers(-24 * 3600 * SECOND, 24 * 3600 * SECOND)
SEEDS = st.integers(0, 2**32)


@given(SEEDS, MOMENTS, MOMENTS)
def test_the_same_seed_lives_the_same_life_in_whatever_order_it_is_asked(seed: int, one: int, other: int) -> None:
    first = VirtualPatient(seed, courses=(deterioration(60),))
    there, _ = first.sample(one), first.sample(other)
    assert VirtualPatient(seed, courses=(deterioration(60),)).sample(one) == there == first.sample(one)


def test_another_seed_lives_another_life() -> None:
    hour = range(0, 3600 * SECOND, 60 * SECOND)
    assert [VirtualPatient(1).sample(t) for t in hour] != [VirtualPatient(2).sample(t) for t in hour]


@given(SEEDS, MOMENTS)
def test_every_vital_is_there_and_possible(seed: int, moment: int) -> None:
    worst = (deterioration(0), desaturation(0, holds_s=None), sepsis(0, onset_s=60))
    sample = VirtualPatient(seed, courses=worst).sample(moment)
    known = {*Resting.__struct_fields__, "mean_pressure"}
    assert set(sample) == {code for code, vital in VITALS.items() if vital.quantity in known}
    assert 50 <= sample["spo2"] <= 100
    assert 330 <= sample["temperature"] <= 420
    assert sample["diastolic"] < sample["systolic"]
    assert sample["pulse_rate"] == sample["heart_rate"] == sample["pulse_rate_nibp"]


@given(SEEDS)
@settings(max_examples=30)
def test_who_deteriorates_desaturates_breathes_faster_and_has_a_faster_heart(seed: int) -> None:
    calm, ill = VirtualPatient(seed), VirtualPatient(seed, courses=(deterioration(0),))
    before, after = calm.sample(600 * SECOND), ill.sample(600 * SECOND)
    assert after["spo2"] <= before["spo2"] - 7
    assert after["respiratory_rate"] >= before["respiratory_rate"] + 4
    assert after["pulse_rate"] >= before["pulse_rate"] + 5
    assert after["systolic"] < before["systolic"]


@given(SEEDS)
@settings(max_examples=30)
def test_who_recovers_is_who_never_was_ill(seed: int) -> None:
    calm, ill = VirtualPatient(seed), VirtualPatient(seed, courses=(desaturation(60, holds_s=120),))
    assert ill.sample(200 * SECOND)["spo2"] < calm.sample(200 * SECOND)["spo2"]
    assert ill.sample(400 * SECOND) == calm.sample(400 * SECOND)
    assert ill.sample(60 * SECOND) == calm.sample(60 * SECOND)


@given(st.floats(-100, 1000), st.floats(1, 300), st.floats(0, 300), st.floats(1, 300))
def test_a_course_is_never_more_than_whole_nor_less_than_nothing(
    t: float, onset: float, holds: float, back: float
) -> None:
    course = Course(name="any", begins_s=0, onset_s=onset, holds_s=holds, recovery_s=back, effects={})
    assert 0 <= course.level(t) <= 1


def test_the_history_ends_where_the_simulation_begins() -> None:
    patient = VirtualPatient(5, courses=(sepsis(-6 * 3600),))
    history = medians(patient, 12)
    assert set(history) == set(QUANTITIES)
    for row in history.values():
        assert len(row) == HOURS
        assert row[: HOURS - 13] == (None,) * (HOURS - 13)
        assert row[-1] is None
        assert all(value is not None for value in row[-13:-1])
    fever = history["temperature"]
    before, after = fever[-13], fever[-2]
    assert before is not None
    assert after is not None
    assert after >= before + 10
