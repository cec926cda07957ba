"""Golden vectors: what features and model gave when the bundle was made, and must give here."""

from __future__ import annotations

import numpy as np

from edge_agent.domain.windows import Window
from edge_agent.risk import features
from edge_agent.risk.bundle import GOLDEN, Bundle, BundleError
from edge_agent.risk.manifest import Golden
from edge_agent.risk.quantise import Int8, to_int8
from edge_agent.risk.runtime import Model


def check(bundle: Bundle, model: Model) -> None:
    """Compare every vector. Raises BundleError at the first that differs by more than the file's tolerance."""
    said, vectors = bundle.manifest.input, bundle.golden.vectors
    inputs = _stacked([vector.input for vector in vectors], said.shape)
    outputs = _stacked([vector.output for vector in vectors], bundle.manifest.output.shape)
    _compare("output", model.invoke(inputs).astype(np.int8), outputs, bundle, model.runtime)
    rows = [row for row, vector in enumerate(vectors) if vector.window]
    if rows:
        windows = features.from_windows([window_of(vector) for vector in vectors if vector.window])
        made = features.normalised(features.derive(windows).raw, said.channels)
        _compare("input", to_int8(made, said.quantisation), inputs[rows], bundle, "this agent's features")


def window_of(vector: Golden) -> Window:
    """Return the window behind a vector, empty if it has none."""
    return Window(vector.window.medians, vector.window.patient) if vector.window else Window({})


def _stacked(contents: list[bytes], shape: tuple[int, ...]) -> Int8:
    """Return int8 bytes as [n, *shape]."""
    try:
        return np.stack([np.frombuffer(content, np.int8).reshape(shape) for content in contents])
    except ValueError as error:
        raise BundleError(GOLDEN, f"has a vector that is not of shape {shape}", _REMEDY) from error


def _compare(what: str, found: Int8, wanted: Int8, bundle: Bundle, by: str) -> None:
    """Refuse a difference beyond the tolerance."""
    steps = np.abs(found.astype(np.int16) - wanted).reshape(len(wanted), -1).max(axis=1)
    worst = int(steps.argmax())
    if steps[worst] > bundle.golden.tolerance:
        problem = f"{what} differs by {steps[worst]} steps, {bundle.golden.tolerance} allowed, computed by {by}"
        raise BundleError(f"{GOLDEN} vector {worst}", problem, _REMEDY)


_REMEDY = "Do not use this bundle with this agent and runtime: export it again, or update the agent"
