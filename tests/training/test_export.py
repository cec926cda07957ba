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


def test_an_image_net_goes_the_same_road_and_no_ward_takes_it(keras: ModuleType, tmp_path: Path) -> None:
    layers = keras.layers
    net = [
        layers.Input((32, 32, 1)),
        layers.Conv2D(8, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
        layers.Dense(1),
    ]
    model = keras.Sequential(net)
    values = np.random.default_rng(1).random((64, 32, 32, 1), np.float32)
    _export(model, values, tmp_path)
    _assert_like_keras(model, tmp_path, values)
    with pytest.raises(BundleError, match="a ward needs"):
        Scorer(load(tmp_path))
