from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.risk.manifest import Quantisation
from edge_agent.risk.quantise import to_real
from tests.training.tables import stays_of, wandering
from training.task import labels

pytestmark = pytest.mark.train

BY = Quantisation(scale=0.05, zero_point=30)


def test_same_hour_auroc_gives_a_clock_nothing() -> None:
    from training.metrics import auroc, same_hour_auroc  # noqa: PLC0415 - needs the training extra

    random = np.random.default_rng(1)
    hour = random.integers(1, 20, 4000)
    positive = random.random(4000) < hour / 40
    clock = hour.astype(np.float64)
    assert auroc(clock, positive) > 0.65
    assert same_hour_auroc(clock, positive, hour) == pytest.approx(0.5)
    assert same_hour_auroc(positive.astype(np.float64), positive, hour) == pytest.approx(1.0)


def test_the_calibration_error_of_the_truth_is_small_and_of_its_double_is_its_mean() -> None:
    from training.metrics import calibration_error  # noqa: PLC0415 - needs the training extra

    random = np.random.default_rng(2)
    chance = random.random(100_000) * 0.1
    positive = random.random(100_000) < chance
    assert calibration_error(chance, positive) < 0.003
    assert calibration_error(2 * chance, positive) == pytest.approx(0.05, abs=0.003)


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3), st.floats(-4, 0))
@example(100001, 0.625, -1.75)  # two steps of the same share
def test_calibration_is_a_rising_table_over_all_logits_and_near_the_truth(
    seed: int, slope: float, offset: float
) -> None:
    from training.calibrate import isotonic  # noqa: PLC0415 - needs the training extra

    random = np.random.default_rng(seed)
    logits = to_real(random.integers(-128, 128, 20_000).astype(np.int8), BY)
    chance = 1 / (1 + np.exp(-(slope * logits + offset)))
    table = isotonic(logits, random.random(20_000) < chance, BY)
    every = to_real(np.arange(-128, 128).astype(np.int8), BY)
    found = np.interp(every, table.logits, table.probabilities)
    assert table.logits[0] == pytest.approx(every[0])
    assert table.logits[-1] == pytest.approx(every[-1])
    assert (np.diff(found) > 0).all()
    assert ((found > 0) & (found < 1)).all()
    assert np.abs(np.interp(logits, table.logits, table.probabilities) - chance).mean() < 0.03


def test_even_logits_that_are_worse_than_chance_get_a_rising_table() -> None:
    from training.calibrate import isotonic  # noqa: PLC0415 - needs the training extra

    random = np.random.default_rng(5)
    logits = to_real(random.integers(-128, 128, 20_000).astype(np.int8), BY)
    table = isotonic(logits, random.random(20_000) < 1 / (1 + np.exp(logits)), BY)
    assert (np.diff(table.logits) > 0).all()
    assert (np.diff(table.probabilities) > 0).all()


def test_the_threshold_for_a_sensitivity_reaches_it_and_the_next_higher_does_not(tmp_path: Path) -> None:
    from training.metrics import at_sensitivity  # noqa: PLC0415 - needs the training extra
    from training.task import burden  # noqa: PLC0415 - as above

    stays = stays_of(tmp_path, wandering(count=150, hours=40, seed=3))
    labelled = labels(stays)
    scores = np.where(np.arange(len(stays.hour)) % 7 == 0, np.nan, labelled.news2 / 10)
    threshold, cost = at_sensitivity(0.5, scores, stays, labelled)
    assert cost.sensitivity >= 0.5
    assert burden(scores > threshold, stays, labelled).sensitivity < 0.5
