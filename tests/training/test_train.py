"""From hourly files to a bundle that the agent runs, on made-up patients: a check of the road, not of any figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from edge_agent.risk.bundle import FILES, MANIFEST, load
from edge_agent.risk.scorer import open_scorer
from tests.risk.windows import steady
from tests.training.tables import stays_of, table, wandering
from training.__main__ import main

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

NAME = "news2-7-within-6h-lr"


@pytest.fixture(scope="module")
def hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "hours.parquet"
    pq.write_table(table(wandering(count=400, hours=40, seed=11)), path)
    return path


def _run(command: str, *arguments: str | Path) -> str:
    result = CliRunner().invoke(main, [command, *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def trained(hours: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models")
    _run("train", "--data", hours, "--out", out)
    return out / NAME


def test_what_is_trained_runs_in_the_agent(trained: Path) -> None:
    scorer = open_scorer(trained)
    assert scorer.manifest.training.positives > 0
    assert scorer.score([steady()])[0].model == NAME
    assert scorer.model_sha256 in (trained / "MODEL_CARD.md").read_text()


def test_the_same_data_gives_the_same_bundle_byte_for_byte(trained: Path, hours: Path, tmp_path: Path) -> None:
    _run("train", "--data", hours, "--out", tmp_path)
    for name in (*FILES, MANIFEST):
        assert (tmp_path / NAME / name).read_bytes() == (trained / name).read_bytes(), name


def test_the_evaluation_is_printed_and_saved(trained: Path, hours: Path, tmp_path: Path) -> None:
    printed = _run("evaluate", "--data", hours, "--bundle", trained, "--out", tmp_path / "figures.json")
    report = json.loads((tmp_path / "figures.json").read_bytes())
    assert f"{report['model']['auroc']:.4f}" in printed
    assert report["model_sha256"] == load(trained).manifest.files["model.tflite"]
    assert 0.5 < report["model"]["auroc"] <= 1
    assert report["eligible"] == report["model"]["rows"] + sum(report["abstentions"].values())


def test_no_patient_is_in_two_parts_and_the_data_decides_if_it_says(tmp_path: Path) -> None:
    from training.train import parts  # noqa: PLC0415 - needs the training extra

    stays = stays_of(tmp_path, wandering(count=100, hours=3, seed=1))
    for given in (stays, stays._replace(split=np.where(stays.patient % 3 == 0, "validation", "train"))):
        found = np.array(parts(given))
        assert (found.sum(axis=0) == 1).all()
        assert found.any(axis=1).all()
        assert (found[:, given.start] == found).all()
    assert (parts(given).validation == (stays.patient % 3 == 0)).all()
