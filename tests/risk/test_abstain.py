from __future__ import annotations

from typing import Any

import pytest

from edge_agent.domain.windows import CAUSES, HOURS, QUANTITIES, Abstention, Patient, RiskScore, Window
from edge_agent.risk.features import RANGES, STEP
from edge_agent.risk.scorer import Scorer
from tests.risk.windows import steady, without


def _answer(scorer: Scorer, window: Window) -> str:
    """Return the cause of the abstention, "" for a score."""
    answer = scorer.score([window])[0]
    if isinstance(answer, RiskScore):
        return ""
    assert answer.cause in CAUSES
    assert answer.detail
    assert answer.model == scorer.manifest.name
    return answer.cause


def _now(quantity: str, value: int) -> Window:
    window = steady()
    return Window({**window.medians, quantity: (*window.medians[quantity][:-1], value)}, window.patient)


def _last_seen(hours_ago: int, *quantities: str) -> Window:
    window = steady()
    medians = dict(window.medians)
    for quantity in quantities:
        medians[quantity] = (*medians[quantity][: HOURS - hours_ago], *(None,) * hours_ago)
    return Window(medians, window.patient)


@pytest.mark.parametrize(
    ("patient", "cause"),
    [
        (Patient(age_years=15), "child"),
        (Patient(age_years=16), ""),
        (Patient(age_years=30, pregnant=True), "pregnant"),
        (Patient(), ""),
    ],
)
def test_whom_the_model_is_for(scorer: Scorer, patient: Patient, cause: str) -> None:
    assert _answer(scorer, steady(patient=patient)) == cause


@pytest.mark.parametrize(("total", "cause"), [(None, ""), (0, ""), (4, ""), (5, "already-high"), (20, "already-high")])
def test_a_high_news2_needs_no_forecast(scorer: Scorer, total: int | None, cause: str) -> None:
    window = steady()
    assert _answer(scorer, Window(window.medians, window.patient, news2_total=total)) == cause


def test_without_a_bedside_total_the_vitals_of_the_window_count(scorer: Scorer) -> None:
    medians: Any = {**_now("pulse", 111).medians, "respiratory_rate": (25,) * HOURS}
    window = Window(medians, steady().patient)
    assert _answer(scorer, window) == "already-high"
    assert _answer(scorer, Window(medians, window.patient, news2_total=4)) == ""


def test_three_vitals_within_six_hours_are_enough_and_two_are_not(scorer: Scorer) -> None:
    assert _answer(scorer, _last_seen(5, *QUANTITIES)) == ""
    assert _answer(scorer, _last_seen(6, *QUANTITIES)) == "too-few-vitals"
    assert _answer(scorer, _last_seen(6, "systolic", "temperature")) == ""
    assert _answer(scorer, _last_seen(6, "systolic", "temperature", "spo2")) == "too-few-vitals"
    assert _answer(scorer, without(without(steady(), "systolic"), "temperature")) == ""


def test_a_single_hour_of_history_is_enough(scorer: Scorer) -> None:
    assert _answer(scorer, steady(hours=1)) == ""


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_present_value_beyond_what_training_saw_is_refused_by_name(scorer: Scorer, quantity: str) -> None:
    limits, step = scorer.manifest.trained_on[quantity], STEP[quantity]
    low, high = round(limits.low / step), round(limits.high / step)
    # What is outside the physiological range is a missing value, which is another law.
    beyond = [value for value in (low - 1, high + 1) if RANGES[quantity][0] <= value <= RANGES[quantity][1]]
    # A total of 0 from the bedside, so that the points of these extremes do not come first.
    edges = [Window(_now(quantity, value).medians, steady().patient, 0) for value in (low, high, *beyond)]
    inside, outside = scorer.score(edges)[:2], scorer.score(edges)[2:]
    assert all(isinstance(answer, RiskScore) for answer in inside)
    assert outside
    for answer in outside:
        assert isinstance(answer, Abstention)
        assert answer.cause == "out-of-distribution"
        assert quantity in answer.detail


def test_what_is_known_of_the_person_comes_first(scorer: Scorer) -> None:
    window = Window(dict.fromkeys(QUANTITIES, (None,) * HOURS), Patient(age_years=4), news2_total=9)
    assert _answer(scorer, window) == "child"
