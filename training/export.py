"""From any Keras model with one input and one logit to a verified bundle: full int8, golden vectors, manifest, card.

TensorFlow 2.15.1 and no other: its int8 models load in tflite-runtime 2.14 as well as in LiteRT. What the runtime gives
is recorded through the agent's own door, never through TensorFlow's interpreter.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import tensorflow as tf

import edge_agent
from edge_agent.risk import features
from edge_agent.risk.bundle import CARD, GOLDEN, MANIFEST, MODEL, Bundle, load
from edge_agent.risk.golden import check
from edge_agent.risk.manifest import (
    Calibration,
    Channel,
    Golden,
    GoldenFile,
    GoldenWindow,
    Histogram,
    Input,
    Manifest,
    Output,
    Quantisation,
    Range,
    Task,
    Threshold,
    Training,
)
from edge_agent.risk.quantise import Int8, to_int8
from edge_agent.risk.runtime import Model, Tensor, open_model
from training.golden_windows import COUNT, golden_windows

TOLERANCE = 1
"""Steps of int8 by which two runtimes were seen to differ on one model."""

Floats = npt.NDArray[np.float32]


class Contract(NamedTuple):
    """What a bundle says of itself that no converter knows. No `channels` means any tensor instead of a window."""

    name: str
    version: str
    task: Task
    channels: tuple[Channel, ...]
    trained_on: dict[str, Range]
    spread: dict[str, Histogram]
    training: Training


class Fitted(NamedTuple):
    """What is fitted on the int8 model's own outputs."""

    calibration: Calibration
    thresholds: tuple[Threshold, ...]


Fit = Callable[[Callable[[Floats], Int8], Quantisation], Fitted]
"""Given inputs -> int8 logits and the output's quantisation, return what is fitted on them."""


def export(model: tf.keras.Model, contract: Contract, representative: Floats, fit: Fit, folder: Path) -> Bundle:
    """Write the bundle of `model` into `folder` and return it as the agent loads it.

    `representative` [n, ...] float32 inputs decide the int8 scales. Raises BundleError if what was written does not
    load, or does not reproduce itself.
    """
    content = converted(model, representative)
    opened = open_model(content)
    found_in, found_out = _quantisation(opened.input), _quantisation(opened.output)
    fitted = fit(lambda values: _run(opened, values, found_in), found_out)
    files = {MODEL: content, GOLDEN: _golden(opened, contract.channels, representative), CARD: b""}
    manifest = Manifest(
        schema=1,
        name=contract.name,
        version=contract.version,
        min_agent=edge_agent.__version__,
        task=contract.task,
        files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        input=_input(opened.input, contract.channels),
        output=Output(quantity="logit", dtype="int8", shape=opened.output.shape, quantisation=found_out),
        calibration=fitted.calibration,
        trained_on=contract.trained_on,
        spread=contract.spread,
        thresholds=fitted.thresholds,
        training=contract.training,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    _write_manifest(manifest, folder)
    bundle = load(folder)
    check(bundle, opened)
    return bundle


def put_card(folder: Path, text: str) -> Bundle:
    """Give the bundle in `folder` its model card, which needs the finished model's figures, and return it anew."""
    manifest = load(folder).manifest
    (folder / CARD).write_text(text, encoding="utf-8")
    files = {**manifest.files, CARD: hashlib.sha256(text.encode()).hexdigest()}
    _write_manifest(msgspec.structs.replace(manifest, files=files), folder)
    return load(folder)


def converted(model: tf.keras.Model, representative: Floats) -> bytes:
    """Return `model` as a full int8 .tflite for batches of any size: a fixed one would not let convolutions resize."""
    signature = tf.TensorSpec((None, *representative.shape[1:]), tf.float32)
    function = tf.function(lambda batch: model(batch, training=False)).get_concrete_function(signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in representative)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content: bytes = converter.convert()
    return content


def _quantisation(tensor: Tensor) -> Quantisation:
    """Return a tensor's quantisation as the manifest writes it."""
    return Quantisation(scale=tensor.scale, zero_point=tensor.zero_point)


def _run(model: Model, values: Floats, by: Quantisation) -> Int8:
    """Return the int8 logits [n] of float inputs."""
    outputs: Int8 = model.invoke(to_int8(values, by)).reshape(len(values))
    return outputs


def _input(tensor: Tensor, channels: tuple[Channel, ...]) -> Input:
    """Describe the input tensor: a window of `channels`, or any tensor where there are none."""
    return Input(
        features=features.DEFINITION if channels else "tensor",
        dtype="int8",
        shape=tensor.shape,
        quantisation=_quantisation(tensor),
        carry_forward_hours=features.SIGHT if channels else 0,
        missing="first-value-backward-then-zero" if channels else "none",
        channels=channels,
    )


def _golden(model: Model, channels: tuple[Channel, ...], representative: Floats) -> bytes:
    """Run the golden windows, or for any other tensor the first inputs, and return the file of what they gave."""
    windows = golden_windows() if channels else []
    values = representative[:COUNT]
    if windows:
        values = features.normalised(features.derive(features.from_windows(windows)).raw, channels)
    inputs = to_int8(values, _quantisation(model.input))
    outputs = model.invoke(inputs)
    behind = {row: GoldenWindow(medians=window.medians, patient=window.patient) for row, window in enumerate(windows)}
    vectors = tuple(
        Golden(input=inputs[row].tobytes(), output=outputs[row].tobytes(), window=behind.get(row))
        for row in range(len(inputs))
    )
    return msgspec.json.encode(GoldenFile(schema=1, tolerance=TOLERANCE, vectors=vectors)) + b"\n"


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write manifest.json, one field a line, so that two bundles can be compared by eye; a row of numbers is one."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    rows = re.sub(rb"\[[-+.\deE,\s]+\]", lambda row: b"".join(row[0].split()), text)
    (folder / MANIFEST).write_bytes(rows + b"\n")
