from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge_agent.domain.windows import QUANTITIES
from tests.training.tables import COLUMNS, NAN, WELL, Hour, stays_of, table
from training.hourly import DataError, fingerprint, read, select

IN_ORDER = ["pulse", "spo2", "temperature", "systolic", "respiratory_rate"]
"""The quantities of `COLUMNS`."""


def _medians(folder: Path, hour: tuple[float, ...]) -> dict[str, float]:
    medians = stays_of(folder, {1: [hour]}).medians[0]
    return {quantity: float(medians[QUANTITIES.index(quantity)]) for quantity in IN_ORDER}


def test_values_become_units_of_resolution_rounded_half_up(tmp_path: Path) -> None:
    found = _medians(tmp_path, (80.5, 97.4, float(np.float32(36.05)), 120.49, 15.5))
    assert list(found.values()) == [81, 97, 361, 120, 16]


@pytest.mark.parametrize(("column", "low", "high"), [(0, 20, 250), (1, 40, 100), (2, 30, 43), (3, 40, 260), (4, 3, 60)])
def test_values_outside_their_range_are_missing(tmp_path: Path, column: int, low: float, high: float) -> None:
    for value, kept in ((low, True), (high, True), (low - 0.01, False), (high + 0.01, False), (NAN, False)):
        hour = (*WELL[:column], value, *WELL[column + 1 :])
        assert np.isfinite(_medians(tmp_path, hour)[IN_ORDER[column]]) == kept


def test_hours_that_the_file_lacks_are_missing_rows(tmp_path: Path) -> None:
    whole = table({7: [WELL] * 5}, first=3)
    pq.write_table(whole.take([4, 0, 1]), tmp_path / "gap.parquet")
    stays = read(tmp_path / "gap.parquet")
    assert stays.hour.tolist() == [3, 4, 5, 6, 7]
    assert stays.recorded.tolist() == [True, True, False, False, True]
    assert np.isnan(stays.medians[2:4]).all()
    assert stays.patient.tolist() == [7] * 5
    assert stays.age.tolist() == [70] * 5


def test_a_folder_of_psv_files_reads_like_the_parquet(tmp_path: Path) -> None:
    rows: dict[int, list[Hour]] = {1: [WELL, (NAN, 97.0, NAN, 118.5, NAN)], 2: [(90.0, NAN, 38.2, 101.0, 22.0)]}
    expected = stays_of(tmp_path, rows)
    folder = tmp_path / "set" / "training"
    folder.mkdir(parents=True)
    for patient, hours in rows.items():
        lines = ["|".join((*COLUMNS, "Age", "Gender", "ICULOS"))]
        lines += ["|".join(map(str, (*hour, 70.9, 1, at))).replace("nan", "NaN") for at, hour in enumerate(hours, 1)]
        (folder / f"p{patient:06}.psv").write_text("\n".join(lines) + "\n")
    found = read(tmp_path / "set")
    np.testing.assert_array_equal(found.medians, expected.medians)
    assert found.patient.tolist() == ["p000001", "p000001", "p000002"]
    assert fingerprint(found) == fingerprint(expected)


def test_a_changed_value_changes_the_fingerprint(tmp_path: Path) -> None:
    one = stays_of(tmp_path, {1: [WELL, WELL]})
    other = stays_of(tmp_path, {1: [WELL, (81.0, *WELL[1:])]})
    assert fingerprint(one) != fingerprint(other)


def test_selected_stays_are_as_if_read_alone(tmp_path: Path) -> None:
    rows = {1: [WELL] * 3, 2: [(90.0, *WELL[1:])] * 2, 3: [WELL] * 4}
    stays = stays_of(tmp_path, rows)
    alone = stays_of(tmp_path, {patient: rows[patient] for patient in (2, 3)})
    for found, expected in zip(select(stays, stays.patient >= 2), alone, strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("missing", ["HR", "ICULOS", "patient"])
def test_a_file_without_what_is_needed_is_refused_by_column(tmp_path: Path, missing: str) -> None:
    pq.write_table(table({1: [WELL]}).drop_columns([missing]), tmp_path / "hours.parquet")
    with pytest.raises(DataError, match=missing):
        read(tmp_path / "hours.parquet")


def test_other_parquet_files_in_a_folder_are_left_alone(tmp_path: Path) -> None:
    pq.write_table(pa.table({"rid": [1]}), tmp_path / "outcomes.parquet")
    with pytest.raises(DataError, match="no Parquet file with a column HR"):
        read(tmp_path)
    assert len(stays_of(tmp_path, {1: [WELL]}).hour) == len(read(tmp_path).hour)
