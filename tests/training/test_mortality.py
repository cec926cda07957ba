"""Death in hospital: hours from charted events, what people state, and scores that tell the dead from the living."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge_agent.risk.scorer import open_scorer
from tests.risk.bundles import SHIPPED

pytestmark = pytest.mark.train

WELL = {"HR": 75.0, "SaO2": 97.0, "RespRate": 16.0, "NISysABP": 125.0, "Temp": 36.9}
ILL = {"HR": 118.0, "SaO2": 93.0, "RespRate": 24.0, "NISysABP": 98.0, "Temp": 38.4}


def _written(folder: Path, stated: dict[str, float]) -> None:
    """Write 40 stays: every fourth dies, is ill, and has `stated` charted near the end."""
    rows: list[dict[str, Any]] = []
    random = np.random.default_rng(2)
    for patient in range(40):
        dies = patient % 4 == 0
        person = {"Age": 60.0 + patient % 5, "Gender": -1.0}
        rows += [{"rid": patient, "par": name, "val": value, "min": 0} for name, value in person.items()]
        for hour in range(0, 48, 2):
            vitals = ILL if dies else WELL
            charted = {name: value + random.normal(0, value / 50) for name, value in vitals.items()}
            rows += [{"rid": patient, "par": name, "val": value, "min": 60 * hour} for name, value in charted.items()]
        if dies:
            rows += [{"rid": patient, "par": name, "val": value, "min": 2700} for name, value in stated.items()]
        rows.append({"rid": patient, "par": "GCS", "val": 3.0, "min": 60})  # a day old at the end: counts no more
    pq.write_table(pa.Table.from_pylist(rows), folder / "mortality2012_set_a_events.parquet")
    outcomes = [{"RecordID": patient, "In-hospital_death": int(patient % 4 == 0)} for patient in range(40)]
    pq.write_table(pa.Table.from_pylist(outcomes), folder / "mortality2012_set_a_outcomes.parquet")


def test_scores_tell_who_dies_and_consciousness_and_oxygen_add_to_news2(tmp_path: Path) -> None:
    from training.mortality import mortality  # noqa: PLC0415 - needs the training extra

    _written(tmp_path, {"GCS": 9.0, "FiO2": 0.5})
    found = mortality(open_scorer(SHIPPED), tmp_path)
    assert {(worth.stays, worth.deaths) for worth in found.values()} == {(40, 10)}
    assert all(worth.auroc > 0.9 for worth in found.values())
    assert found["NEWS2 with consciousness and oxygen"].auroc >= found["NEWS2 of five vitals"].auroc


def test_what_is_stated_decides_where_vitals_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.mortality import mortality  # noqa: PLC0415 - needs the training extra

    monkeypatch.setattr(f"{__name__}.ILL", WELL)
    _written(tmp_path, {"GCS": 9.0})
    found = mortality(open_scorer(SHIPPED), tmp_path)
    assert found["NEWS2 of five vitals"].auroc < 0.8
    assert found["NEWS2 with consciousness and oxygen"].auroc > 0.9


def test_without_the_files_nothing_is_told(tmp_path: Path) -> None:
    from training.mortality import mortality  # noqa: PLC0415 - needs the training extra

    assert mortality(open_scorer(SHIPPED), tmp_path) == {}
