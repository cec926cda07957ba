"""The exporter is not about windows or logistic regression: nets of other shapes leave through it as well."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pytest

from edge_agent.risk import features, golden
from edge_agent.risk.bundle import BundleError, load
from edge_agent.risk.features import Floats
from edge_agent.risk.manifest import Calibration, Channel, Range, Task, Training
from edge_agent.risk.quantise import to_int8, to_real
from edge_agent.risk.runtime import open_model
from edge_agent.risk.scorer import Scorer
from tests.risk.windows import steady
from training.contract import channels

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


class Net(Protocol):
    """What is used here of a Keras model."""

    def predict(self, values: Floats, verbose: int) -> npt.NDArray[np.float32]: ...


LARGEST_ERROR = 0.05
"""Of a logit, as a share of the range of logits."""


def _export(model: Net, representative: Floats, folder: Path, used: tuple[Channel, ...] = ()) -> None:
    """Export `model` with a contract that says as little as it may."""
    from training.export import Contract, Fitted, export  # noqa: PLC0415 - needs the training extra

    contract = Contract(
        name="test-model",
        version="1.0.0",
        task=Task(id="test", title="a test", horizon_hours=6, reaches=7, asked_below=5),
        channels=used,
        trained_on={"pulse": Range(low=20, high=250)} if used else {},
        spread={},
        training=Training(
            data="random", licence="none", fingerprint="0" * 64, stays=0, rows=0, positives=0, seed=0, tools={}
        ),
    )
    logistic = Calibration(method="none", logits=(-100.0, 100.0), probabilities=(0.0, 1.0))
    export(model, contract, representative, lambda _run, _by: Fitted(logistic, ()), folder)


def _assert_like_keras(model: Net, folder: Path, values: Floats) -> None:
    bundle = load(folder)
    opened = open_model(bundle.model)
    golden.check(bundle, opened)
    raw = opened.invoke(to_int8(values, bundle.manifest.input.quantisation)).reshape(-1)
    expected = model.predict(values, verbose=0).reshape(-1)
    error = np.abs(to_real(raw, bundle.manifest.output.quantisation) - expected)
    assert error.max() <= LARGEST_ERROR * np.ptp(expected)
    assert len(np.unique(raw)) > 20


@pytest.fixture
def keras() -> ModuleType:
    """Return Keras with its seed set. TensorFlow comes with the training extra alone."""
    module: ModuleType = import_module("tensorflow").keras
    module.utils.set_random_seed(4)
    return module


def test_a_convolution_over_the_window_becomes_a_bundle_that_scores_beds(keras: ModuleType, tmp_path: Path) -> None:
    layers = keras.layers
    used = channels()[:20]
    net = [
        layers.Input((features.ROWS, len(used))),
        layers.Conv1D(8, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1),
    ]
    model = keras.Sequential(net)
    values = np.clip(np.random.default_rng(1).normal(0, 2, (300, features.ROWS, 20)), -4, 4).astype(np.float32)
    _export(model, values, tmp_path, used)
    _assert_like_keras(model, tmp_path, values)
    scorer = Scorer(load(tmp_path))
    scorer.selftest()
    assert "probability" in repr(scorer.score([steady()])[0])


def test_the_classic_image_net_goes_the_same_road_and_no_ward_takes_it(keras: ModuleType, tmp_path: Path) -> None:
    layers = keras.layers
    net = [
        layers.Input((256, 256, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(1),
    ]
    model = keras.Sequential(net)
    random = np.random.default_rng(1)
    images = random.random((32, 256, 256, 1), np.float32) ** random.uniform(0.2, 4, (32, 1, 1, 1)).astype(np.float32)
    _export(model, images, tmp_path)
    _assert_like_keras(model, tmp_path, images)
    with pytest.raises(BundleError, match="a ward needs"):
        Scorer(load(tmp_path))


@pytest.mark.parametrize("kind", ["logistic regression", "linear SVM"])
def test_a_linear_model_of_scikit_learn_becomes_a_bundle_that_scores_beds(kind: str, tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - needs the training extra
    from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

    from training.imported import imported  # noqa: PLC0415 - as above

    random = np.random.default_rng(2)
    values = np.clip(random.normal(0, 2, (400, features.ROWS, 24)), -4, 4).astype(np.float32)
    truth = values[:, -1, 0] + random.normal(0, 1, 400) > 0
    estimator = LogisticRegression(max_iter=1000) if kind == "logistic regression" else LinearSVC(C=0.01, dual=False)
    estimator.fit(values.reshape(400, -1), truth)
    model = imported(estimator, values.shape[1:])
    np.testing.assert_allclose(
        model.predict(values, verbose=0)[:, 0], estimator.decision_function(values.reshape(400, -1)), atol=1e-4
    )
    _export(model, values, tmp_path, channels())
    _assert_like_keras(model, tmp_path, values)
    assert "probability" in repr(Scorer(load(tmp_path)).score([steady()])[0])


def test_a_model_of_several_classes_is_not_imported() -> None:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - needs the training extra

    from training.imported import imported  # noqa: PLC0415 - as above

    values = np.random.default_rng(3).normal(0, 1, (30, 4))
    with pytest.raises(ValueError, match="one row of 4 weights"):
        imported(LogisticRegression().fit(values, np.arange(30) % 3), (4,))
