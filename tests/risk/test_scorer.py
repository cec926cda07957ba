from __future__ import annotations

import math
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.windows import CAUSES, HOURS, QUANTITIES, Abstention, RiskScore, Window
from edge_agent.risk import features
from edge_agent.risk.bundle import load
from edge_agent.risk.features import STEP
from edge_agent.risk.scorer import Scorer
from tests.risk.bundles import SHIPPED
from tests.risk.windows import SCORABLE, WINDOWS, steady, without


@given(st.lists(WINDOWS, max_size=4))
def test_any_window_gets_a_finite_score_or_an_abstention(scorer: Scorer, windows: list[Window]) -> None:
    answers = scorer.score(windows)
    assert len(answers) == len(windows)
    for answer in answers:
        if isinstance(answer, Abstention):
            assert answer.cause in CAUSES
            assert answer.cause != "model-failed"
        else:
            assert 0 < answer.probability < 1
            assert all(math.isfinite(driver.contribution) for driver in answer.drivers)


@given(st.lists(SCORABLE | WINDOWS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_a_bed_gets_the_same_answer_alone_and_among_any_others(
    scorer: Scorer, windows: list[Window], order: random.Random
) -> None:
    alone = [scorer.score([window])[0] for window in windows]
    places = list(range(len(windows)))
    order.shuffle(places)
    assert scorer.score([windows[place] for place in places]) == [alone[place] for place in places]


@given(SCORABLE)
def test_drivers_are_what_leaving_each_vital_out_changes(scorer: Scorer, window: Window) -> None:
    answer = scorer.score([window])[0]
    assert isinstance(answer, RiskScore)
    scale = scorer.manifest.output.quantisation.scale
    found = {driver.quantity: driver.contribution for driver in answer.drivers}
    for quantity in QUANTITIES:
        left_out = scorer.judge(features.from_windows([without(window, quantity)])).logits[0]
        assert found[quantity] == pytest.approx((answer.logit_q - int(left_out)) * scale, abs=1e-3)


@given(SCORABLE)
def test_drivers_come_largest_first_each_with_value_and_trend(scorer: Scorer, window: Window) -> None:
    answer = scorer.score([window])[0]
    assert isinstance(answer, RiskScore)
    contributions = [driver.contribution for driver in answer.drivers]
    assert contributions == sorted(contributions, reverse=True)
    for driver in answer.drivers:
        values = window.medians[driver.quantity]
        now = values[-1]
        before = next((value for value in values[-4 : -features.SIGHT - 1 : -1] if value is not None), None)
        assert now is not None
        assert driver.value == pytest.approx(now * STEP[driver.quantity])
        if before is None:
            assert driver.trend is None
        else:
            assert driver.trend == pytest.approx((now - before) * STEP[driver.quantity], abs=1e-3)


def test_a_vital_that_was_never_seen_drives_nothing(scorer: Scorer) -> None:
    answer = scorer.score([without(steady(), "temperature")])[0]
    assert isinstance(answer, RiskScore)
    assert {driver.quantity for driver in answer.drivers} == set(QUANTITIES) - {"temperature"}


@given(SCORABLE, st.integers(0, 59))
def test_how_much_of_the_hour_has_passed_changes_nothing(scorer: Scorer, window: Window, minutes: int) -> None:
    other = msgspec.structs.replace(window, minutes_into_hour=minutes)
    assert scorer.score([other]) == scorer.score([window])


@given(SCORABLE, WINDOWS, st.integers(features.SIGHT, HOURS))
def test_no_score_depends_on_what_is_older_than_a_day(
    scorer: Scorer, window: Window, other: Window, hours: int
) -> None:
    mixed = {q: other.medians[q][: -features.SIGHT] + window.medians[q][-features.SIGHT :] for q in QUANTITIES}
    cut = {q: window.medians[q][-hours:] for q in QUANTITIES}
    whole, *others = scorer.score([window, Window(mixed, window.patient), Window(cut, window.patient)])
    assert others == [whole, whole]


@given(st.integers(1, HOURS))
def test_no_score_tells_how_long_steady_vitals_have_lasted(scorer: Scorer, hours: int) -> None:
    long, short = scorer.score([steady(HOURS), steady(hours)])
    assert isinstance(long, RiskScore)
    assert isinstance(short, RiskScore)
    assert short.logit_q == long.logit_q


@given(WINDOWS | SCORABLE, st.integers(0, HOURS))
def test_a_window_cut_anywhere_is_scored_or_abstained_from_never_a_failure(
    scorer: Scorer, window: Window, hours: int
) -> None:
    cut = {quantity: values[HOURS - hours :] for quantity, values in window.medians.items()}
    answer = scorer.score([Window(cut, window.patient)])[0]
    assert isinstance(answer, RiskScore) or answer.cause != "model-failed"


def test_a_falling_patient_has_a_higher_risk_and_says_why(scorer: Scorer) -> None:
    well = steady()
    worse = {**well.medians, "pulse": (*well.medians["pulse"][: HOURS - 4], 84, 92, 101, 109)}
    before, after = scorer.score([well, Window(worse, well.patient)])
    assert isinstance(before, RiskScore)
    assert isinstance(after, RiskScore)
    assert after.probability > 2 * before.probability
    first = after.drivers[0]
    assert (first.quantity, first.value, first.trend) == ("pulse", 109, 25)
    assert first.contribution > 0


def test_a_score_says_what_made_it(scorer: Scorer) -> None:
    answer = scorer.score([steady()])[0]
    assert isinstance(answer, RiskScore)
    assert answer.model == scorer.manifest.name
    assert answer.model_sha256 == scorer.manifest.files["model.tflite"]
    assert answer.runtime == scorer.runtime
    assert -128 <= answer.logit_q <= 127


def test_probability_rises_with_every_step_of_the_logit(scorer: Scorer) -> None:
    steps = np.arange(-128, 128).astype(np.int8)
    assert (np.diff(scorer._probabilities(steps)) > 0).all()


class _BrokenModel:
    """Stands in for native code that fails: no real input makes the runtime do so."""

    def invoke(self, batch: object) -> object:
        raise SystemError("returned a result with an exception set")


def test_a_runtime_that_fails_is_an_abstention_for_every_bed(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer(load(SHIPPED))
    monkeypatch.setattr(scorer, "model", _BrokenModel())
    answers = scorer.score([steady(), steady()])
    assert [answer.cause for answer in answers if isinstance(answer, Abstention)] == ["model-failed"] * 2
    assert "SystemError" in str(answers[0])
