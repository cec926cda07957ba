"""Training and agent see the same: features of hourly files equal features of windows, and so do scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, RiskScore, Window
from edge_agent.risk import features
from edge_agent.risk.bundle import load
from edge_agent.risk.scorer import Scorer
from tests.paths import data
from tests.risk.bundles import SHIPPED
from tests.training.tables import WELL, table, wandering
from training.__main__ import main
from training.hourly import Stays, beds, read, select

COUNT, LENGTH = 12, 50


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hours") / "hours.parquet"
    pq.write_table(table(wandering(COUNT, LENGTH, seed=5), first=2), path)
    return path


def _window(stays: Stays, row: int) -> Window:
    """Return the window that the agent would have at `row`."""
    past = stays.medians[max(stays.start[row], row - HOURS + 1) : row + 1]
    padded = np.vstack([np.full((HOURS - len(past), len(QUANTITIES)), np.nan), past])
    columns = [[None if np.isnan(value) else int(value) for value in column] for column in padded.T]
    patient = Patient(age_years=int(stays.age[row]), sex="male" if stays.sex[row] == 1 else "female")
    return Window({quantity: tuple(column) for quantity, column in zip(QUANTITIES, columns, strict=True)}, patient)


def _assert_same(stays: Stays) -> None:
    rows = np.arange(len(stays.hour))
    found = features.derive(beds(stays, rows))
    expected = features.derive(features.from_windows([_window(stays, row) for row in rows]))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_stays_have_the_features_of_their_windows(path: Path) -> None:
    _assert_same(read(path))


def test_real_stays_have_the_features_of_their_windows() -> None:
    stays = read(data("sepsis2019_hospital_a.parquet"))
    _assert_same(select(stays, stays.patient < np.unique(stays.patient)[20]))


def test_the_score_file_holds_what_the_agent_answers_at_every_hour(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores.parquet"
    arguments = ["score", "--data", str(path), "--bundle", str(SHIPPED), "--out", str(out)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    found = pq.read_table(out)
    assert found.column_names == ["patient", "hour", "score", "cause"]
    assert found["hour"].to_pylist() == [*range(2, 2 + LENGTH)] * COUNT
    assert found["patient"].to_pylist() == [patient for patient in range(COUNT) for _ in range(LENGTH)]
    stays = read(path)
    answers = Scorer(load(SHIPPED)).score([_window(stays, row) for row in range(len(stays.hour))])
    expected = [(a.probability, None) if isinstance(a, RiskScore) else (None, a.cause) for a in answers]
    assert list(zip(found["score"].to_pylist(), found["cause"].to_pylist(), strict=True)) == expected
    assert 0 < found["score"].null_count < len(expected)


def test_a_file_of_one_short_stay_is_scored(tmp_path: Path) -> None:
    pq.write_table(table({1: [WELL] * 3}), tmp_path / "short.parquet")
    out = tmp_path / "scores.parquet"
    arguments = ["score", "--data", str(tmp_path / "short.parquet"), "--bundle", str(SHIPPED), "--out", str(out)]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert pq.read_table(out)["score"].null_count == 0


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    wanted = ["score", "--bundle", str(SHIPPED), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, [*wanted, "--data", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {tmp_path}: no .psv file and no Parquet file")


def test_scores_do_not_change_with_the_hour_of_stay_or_what_is_older_than_a_day(tmp_path: Path) -> None:
    rows = wandering(3, 40, seed=9)
    shifted = table(rows, first=300)
    whole = table(rows)
    last_day = whole.filter([hour > 40 - features.SIGHT for hour in whole["ICULOS"].to_pylist()])
    scores = []
    for name, content in (("whole", whole), ("shifted", shifted), ("day", last_day)):
        pq.write_table(content, tmp_path / name)
        stays = read(tmp_path / name)
        last = np.flatnonzero(np.r_[stays.start[1:] != stays.start[:-1], True])
        scores.append(Scorer(load(SHIPPED)).judge(beds(stays, last)).logits.tolist())
    assert scores[0] == scores[1] == scores[2]
