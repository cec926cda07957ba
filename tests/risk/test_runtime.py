from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edge_agent.risk import golden, runtime
from edge_agent.risk.bundle import load
from tests.risk.bundles import BUNDLES, SHIPPED

INSTALLED = [door for door in runtime.DOORS if find_spec(door[1].partition(".")[0])]


def test_a_runtime_is_installed() -> None:
    assert INSTALLED


@pytest.mark.parametrize("door", INSTALLED, ids=lambda door: door[0])
@pytest.mark.parametrize("folder", BUNDLES, ids=lambda folder: folder.name)
def test_every_installed_runtime_gives_the_golden_outputs_within_one_step(
    folder: Path, door: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The vectors hold what tflite-runtime gave: where LiteRT is installed, this is the agreement of the two.
    monkeypatch.setattr(runtime, "DOORS", (door,))
    bundle = load(folder)
    assert bundle.golden.tolerance == 1
    model = runtime.open_model(bundle.model)
    golden.check(bundle, model)
    assert model.runtime.startswith(f"{door[0]} ")


def test_a_batch_gives_what_each_row_gives_alone_whatever_ran_before() -> None:
    model = runtime.open_model(load(SHIPPED).model)
    batch = np.random.default_rng(1).integers(-128, 128, (33, *model.input.shape)).astype(np.int8)
    alone = np.concatenate([model.invoke(row[None]) for row in batch])
    for size in (33, 1, 7, 7, 32):
        assert (model.invoke(batch[:size]) == alone[:size]).all()


@pytest.mark.parametrize("door", INSTALLED, ids=lambda door: door[0])
def test_no_layer_is_handed_to_kernels_that_round_otherwise(
    door: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "DOORS", (door,))
    model = runtime.open_model(load(SHIPPED).model)
    layers = model._interpreter._get_ops_details()  # type: ignore[attr-defined] # neither runtime tells it elsewhere
    assert "FULLY_CONNECTED" in {layer["op_name"] for layer in layers}
    assert "DELEGATE" not in {layer["op_name"] for layer in layers}


class _FailsWhenInvoked:
    """Stands in for a runtime beside a numpy that it was not built for, which no environment of ours may have."""

    def __init__(self, **_: object) -> None:
        tensor = {"index": 0, "dtype": np.int8, "shape": [1, 1], "quantization": (0.1, 0)}
        self.get_input_details = self.get_output_details = lambda: [tensor]

    def resize_tensor_input(self, index: int, shape: object) -> None: ...
    def allocate_tensors(self) -> None: ...
    def set_tensor(self, index: int, value: object) -> None: ...

    def invoke(self) -> None:
        raise SystemError("returned a result with an exception set")


def test_a_runtime_that_imports_and_builds_but_cannot_run_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = SimpleNamespace(BUILTIN_WITHOUT_DEFAULT_DELEGATES=2)
    broken = SimpleNamespace(Interpreter=_FailsWhenInvoked, OpResolverType=kernels)
    monkeypatch.setattr(runtime, "_installed", lambda: ("numpy", broken))
    with pytest.raises(runtime.RuntimeUnavailableError, match=r"cannot run the model.*SystemError.*numpy < 2"):
        runtime.open_model(b"")


def test_without_any_runtime_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "DOORS", (("tflite-runtime", "no_such_module"), ("ai-edge-litert", "nor_this_one")))
    with pytest.raises(runtime.RuntimeUnavailableError, match=r"no_such_module.*nor_this_one.*Install"):
        runtime.open_model(b"")
