"""From hourly files to a bundle that the agent runs, on made-up patients: a check of the road, not of any figure."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from edge_agent.risk.bundle import CARD, FILES, MANIFEST, load
from edge_agent.risk.scorer import open_scorer
from tests.risk.bundles import BUNDLES, SHIPPED, edit
from tests.risk.windows import steady
from tests.training.tables import WELL, stays_of, table, wandering
from training import score
from training.__main__ import FAMILIES, main
from training.hourly import DataError, read, select
from training.parts import parts
from training.task import labels

pytestmark = [
    pytest.mark.train,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

NAMES = {
    "convolutional": "news2-7-within-6h-cnn",
    "logistic": "news2-7-within-6h-lr",
    "svm": "news2-7-within-6h-svm",
    "fourier": "news2-7-within-6h-rff",
}


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
    """Return the folder with a bundle of every family."""
    out = tmp_path_factory.mktemp("models")
    for family in NAMES:
        _run("train", "--data", hours, "--out", out, "--family", family)
    return out


def _bundle(out: Path, family: str) -> Path:
    """Return the folder of the bundle of `family`. The data is not public, so the name is the bundle's own."""
    (found,) = (path for path in out.glob(f"{NAMES[family]}-????????") if path.is_dir())
    return found


def test_the_command_line_offers_every_family_there_is() -> None:
    from training.train import FAMILIES as MADE  # noqa: PLC0415 - needs the training extra

    assert set(FAMILIES) == set(MADE) == set(NAMES)


@pytest.mark.parametrize("family", NAMES)
def test_what_is_trained_runs_in_the_agent(trained: Path, family: str) -> None:
    folder = _bundle(trained, family)
    scorer = open_scorer(folder)
    assert scorer.manifest.training.positives > 0
    assert scorer.score([steady()])[0].model == folder.name
    assert scorer.model_sha256 in (folder / "MODEL_CARD.md").read_text()
    assert scorer.bundle.size == sum(file.stat().st_size for file in folder.iterdir())


def test_the_same_data_gives_the_same_bundle_byte_for_byte(trained: Path, hours: Path, tmp_path: Path) -> None:
    _run("train", "--data", hours, "--out", tmp_path)
    first, again = (_bundle(out, "convolutional") for out in (trained, tmp_path))
    for file in (*FILES, MANIFEST):
        assert (again / file).read_bytes() == (first / file).read_bytes(), file


def test_a_bundle_of_own_data_says_whose_it_is_and_never_takes_the_place_of_a_shipped_one(
    trained: Path, hours: Path, tmp_path: Path
) -> None:
    silent = (_bundle(trained, "logistic") / CARD).read_text()
    assert "Not stated. Licence: not stated" in silent
    assert "PhysioNet" not in silent
    said = ("--source", "Wards 1 to 3 of our hospital, 2027", "--licence", "in house only")
    _run("train", "--data", hours, "--out", tmp_path, "--family", "logistic", *said)
    folder = _bundle(tmp_path, "logistic")
    assert "Wards 1 to 3 of our hospital, 2027. Licence: in house only." in (folder / CARD).read_text()
    assert folder.name not in {shipped.name for shipped in BUNDLES}


def test_scrambled_truth_teaches_nothing(trained: Path, hours: Path, tmp_path: Path) -> None:
    _run("train", "--data", hours, "--out", tmp_path, "--family", "logistic", "--scrambled")
    folders = [_bundle(out, "logistic") for out in (trained, tmp_path)]
    true, scrambled = (_figures(folder, hours, tmp_path)["model"]["auroc"] for folder in folders)
    assert true > 0.75
    assert scrambled < 0.65  # made-up patients are few, so that chance may lie far from .50, on either side


def test_the_evaluation_is_printed_and_saved_with_its_page(trained: Path, hours: Path, tmp_path: Path) -> None:
    bundle = _bundle(trained, "convolutional")
    report = _figures(bundle, hours, tmp_path, "--float", trained / f"{bundle.name}.keras")
    printed = (tmp_path / "printed.txt").read_text()
    assert f"{report['model']['auroc']:.4f}" in printed
    assert "goal: AUROC" in printed
    assert report["model_sha256"] == load(bundle).manifest.files["model.tflite"]
    assert 0.5 < report["model"]["auroc"] <= 1
    assert report["float_auroc"] == pytest.approx(report["whole"]["model"]["auroc"], abs=0.02)
    assert report["eligible"] == report["model"]["rows"] + sum(report["abstentions"].values())
    page = (tmp_path / "figures.html").read_text()
    assert page.count("data:image/png") == 5
    assert f"{report['whole']['model']['auroc']:.4f}" in page
    assert "no eligible hour before" in page


def _figures(bundle: Path, hours: Path, folder: Path, *more: str | Path) -> dict[str, Any]:
    """Evaluate `bundle` and return the saved report; what was printed is kept in printed.txt."""
    out = folder / "figures.json"
    printed = _run("evaluate", "--data", hours, "--bundle", bundle, "--out", out, *more)
    (folder / "printed.txt").write_text(printed)
    report: dict[str, Any] = json.loads(out.read_bytes())
    return report


def test_model_news2_and_ceiling_are_told_at_the_same_hours_with_and_without_abstentions(
    trained: Path, hours: Path, tmp_path: Path
) -> None:
    from training.evaluate import CEILING  # noqa: PLC0415 - needs the training extra

    saved = tmp_path / "ceiling.parquet"
    _run("ceiling", "--data", hours, "--out", saved)
    report = _figures(_bundle(trained, "svm"), hours, tmp_path, "--ceiling", saved)
    assert report["whole"][CEILING]["auroc"] > 0.75
    assert {found["rows"] for found in report["whole"].values()} == {report["eligible"]}
    assert report["ceiling"]["rows"] == report["model"]["rows"] < report["eligible"]
    assert set(report["alerts"]) == set(report["whole_alerts"]) == {"model", "NEWS2", CEILING}
    reachable = 1 - sum(report["hidden"]["causes"].values()) / report["hidden"]["events"]
    for operations in report["alerts"].values():
        assert 0.6 <= operations["sensitivity 0.60"]["burden"]["sensitivity"] <= reachable < 1
    assert f"{CEILING}: alerts at sensitivity 0.80" in (tmp_path / "printed.txt").read_text()


def test_too_few_stays_are_refused_in_a_sentence(tmp_path: Path) -> None:
    few = tmp_path / "few.parquet"
    pq.write_table(table({1: [WELL] * 30, 2: [WELL] * 30}), few)
    for command, where in (("train", "--out"), ("evaluate", "--out")):
        bundle = ("--bundle", str(SHIPPED)) if command == "evaluate" else ()
        arguments = [command, "--data", str(few), *bundle, where, str(tmp_path / "out")]
        result = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert result.exit_code == 1
        assert "too few stays" in result.output


def test_scores_of_other_hours_are_no_ceiling(hours: Path, tmp_path: Path) -> None:
    stays = read(hours)
    score.write(score.score(open_scorer(SHIPPED), stays), stays, tmp_path / "scores.parquet")
    assert np.isnan(score.read(tmp_path / "scores.parquet", stays)[~stays.recorded]).all()
    with pytest.raises(DataError, match="scores of other hours"):
        score.read(tmp_path / "scores.parquet", select(stays, stays.patient > 0))


def test_a_bundle_is_never_judged_on_stays_that_it_was_fitted_on(trained: Path, hours: Path, tmp_path: Path) -> None:
    bundle, stays = _bundle(trained, "logistic"), read(hours)
    assert _figures(bundle, hours, tmp_path)["eligible"] == np.sum(labels(stays).eligible & parts(stays).validation)
    assert _figures(SHIPPED, hours, tmp_path)["eligible"] == np.sum(labels(stays).eligible)


def test_the_control_is_drawn_several_times_and_told_with_the_figures(
    trained: Path, hours: Path, tmp_path: Path
) -> None:
    out = tmp_path / "control.json"
    said = _run("control", "--data", hours, "--out", out, "--draws", "3")
    found = json.loads(out.read_bytes())
    assert len(set(found["draws"])) == 3
    assert found["mean"] == pytest.approx(np.mean(found["draws"]))
    assert f"mean {found['mean']:.4f}, spread {np.std(found['draws']):.4f}" in said
    report = _figures(_bundle(trained, "logistic"), hours, tmp_path, "--control", out)
    assert report["control"] == found
    assert "scrambled truth: mean AUROC, spread (draws)" in (tmp_path / "printed.txt").read_text()


def test_a_card_can_be_written_anew_from_figures_of_this_model_alone(
    trained: Path, hours: Path, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(_bundle(trained, "svm"), tmp_path / "copy"))
    figures = tmp_path / "figures.json"
    _figures(bundle, hours, tmp_path)
    (bundle / CARD).write_bytes(b"")
    edit(bundle / MANIFEST, lambda manifest: manifest["files"].update({CARD: hashlib.sha256(b"").hexdigest()}))
    _run("card", "--bundle", bundle, "--figures", figures)
    assert "Linear support vector machine" in (bundle / CARD).read_text()
    assert open_scorer(bundle).bundle.size == sum(file.stat().st_size for file in bundle.iterdir())
    other = CliRunner().invoke(main, ["card", "--bundle", str(_bundle(trained, "logistic")), "--figures", str(figures)])
    assert other.exit_code != 0
    assert "figures of another model" in other.output


def test_triangle_waves_of_random_projections_are_near_a_gaussian_kernel() -> None:
    import tensorflow as tf  # noqa: PLC0415 - needs the training extra

    from training.families.fourier import waves  # noqa: PLC0415 - as above

    random = np.random.default_rng(1)
    points = random.normal(0, 1, (200, 10)).astype(np.float32)
    draws = [waves(tf.convert_to_tensor(points), 3.0, random).numpy() for _ in range(30)]
    assert min(found.min() for found in draws) >= 0
    kernel = np.mean([(found - math.pi / 2) @ (found - math.pi / 2).T for found in draws], axis=0)
    distance = np.linalg.norm(points[:, None] - points[None], axis=-1)
    gaussian = np.exp(-((distance / 3.0) ** 2) / 2)
    assert np.corrcoef(kernel.ravel(), gaussian.ravel())[0, 1] > 0.9


def test_no_patient_is_in_two_parts_and_the_data_decides_if_it_says(tmp_path: Path) -> None:
    stays = stays_of(tmp_path, wandering(count=100, hours=3, seed=1))
    for given in (stays, stays._replace(split=np.where(stays.patient % 3 == 0, "validation", "train"))):
        found = np.array(parts(given))
        assert (found.sum(axis=0) == 1).all()
        assert found.any(axis=1).all()
        assert (found[:, given.start] == found).all()
    assert (parts(given).validation == (stays.patient % 3 == 0)).all()
