"""The quality gate: what it believes, what it refuses, and what it waits for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.quality import MEMORY, PLAUSIBLE, Gate
from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Mode, Strength
from firmware_bridges.vitals import VITALS, Reading, Reason, Validity

CONTINUOUS = Mode.CONTINUOUS


def judge(values: list[int | None], strength: Strength = Strength.STRONG, vital: str = "spo2") -> list[int | None]:
    gate = Gate()
    readings = [Reading(n * SECOND, n, vital, value) for n, value in enumerate(values, 1)]
    return [gate.judge(reading, strength, CONTINUOUS)[0] for reading in readings]


@pytest.mark.parametrize("vital", VITALS)
def test_every_vital_has_bounds_that_hold_at_their_edges(vital: str) -> None:
    bounds = PLAUSIBLE[vital]
    for value, usable in ((bounds.lowest, True), (bounds.highest, True), (bounds.highest + 1, False)):
        assert (judge([value], vital=vital)[0] is not None) is usable
    assert judge([bounds.lowest - 1], vital=vital) == [None]


@pytest.mark.parametrize("reason", [r for r in Reason if r not in (Reason.OK, Reason.STALE)])
@pytest.mark.parametrize("validity", [Validity.QUESTIONABLE, Validity.INVALID])
def test_what_the_device_does_not_call_valid_is_not_used(reason: Reason, validity: Validity) -> None:
    reading = Reading(SECOND, 1, "spo2", 97, validity, reason)
    assert Gate().judge(reading, Strength.STRONG, CONTINUOUS) == (None, reason)


def test_a_jump_waits_for_a_frame_that_agrees() -> None:
    assert judge([97, 80, 97]) == [97, None, 97]
    assert judge([97, 80, 81]) == [97, None, 81]
    assert judge([97, 80, 60, 59]) == [97, None, None, 59]


def test_after_a_pause_there_is_nothing_to_jump_from() -> None:
    gate = Gate()
    gate.judge(Reading(0, 1, "spo2", 97), Strength.STRONG, CONTINUOUS)
    late = Reading(MEMORY + 1, 2, "spo2", 70)
    assert gate.judge(late, Strength.STRONG, CONTINUOUS) == (70, Reason.OK)


def test_a_spot_value_needs_no_second_one() -> None:
    gate = Gate()
    for value in (120, 70, 200):
        assert gate.judge(Reading(SECOND, 1, "systolic", value), Strength.STRONG, Mode.SPOT) == (value, Reason.OK)


@given(st.lists(st.integers(88, 96), min_size=3, max_size=30), st.integers(1, 100), st.integers(2, 29))
def test_one_odd_frame_behind_a_weak_check_moves_nothing_beyond_its_neighbours(
    values: list[int], odd: int, place: int
) -> None:
    place = min(place, len(values) - 1)
    corrupted = [*values[:place], odd, *values[place:]]
    found = judge(list(corrupted), Strength.WEAK)
    assert all(88 <= value <= 96 for value in found if value is not None)


@given(st.lists(st.tuples(st.integers(80, 99), st.integers(0, 3)), min_size=1, max_size=40))
def test_the_gate_is_monotone_behind_a_weak_check(pairs: list[tuple[int, int]]) -> None:
    values = [value for value, _ in pairs]
    smooth = [values[0]]
    for value in values[1:]:
        smooth.append(max(min(value, smooth[-1] + 2), smooth[-1] - 2))
    better = judge(list(smooth), Strength.WEAK)
    worse = judge([value - minus for value, (_, minus) in zip(smooth, pairs, strict=True)], Strength.WEAK)
    assert all(b is None or w is None or w <= b for b, w in zip(better, worse, strict=True))


def test_two_frames_say_that_there_is_nothing_where_one_may_be_corrupt() -> None:
    gate = Gate()
    for number, believed in ((1, False), (2, True)):
        gate.judge(
            Reading(number, number, "spo2", None, Validity.INVALID, Reason.SENSOR_OFF), Strength.WEAK, CONTINUOUS
        )
        assert gate.surely_invalid(Strength.WEAK) is believed
    assert gate.surely_invalid(Strength.STRONG)
