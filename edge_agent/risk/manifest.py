"""What a bundle says of itself: the records of manifest.json and golden.json.

Unknown fields are refused, not ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from edge_agent.domain.windows import Patient

SCHEMA = 1
"""Version of these records. An agent reads its own version only."""

Positive = Annotated[float, msgspec.Meta(gt=0)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Id = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]+$")]
Version = Annotated[str, msgspec.Meta(pattern=r"^\d+\.\d+\.\d+$")]


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all records share: frozen, strict, named fields only."""


class Task(_Record, frozen=True):
    """What is forecast: NEWS2 reaches `reaches` within `horizon_hours`, asked only while it is below `asked_below`."""

    id: Id
    title: str
    horizon_hours: int
    reaches: int
    asked_below: int


class Quantisation(_Record, frozen=True):
    """real = (int8 - zero_point) * scale."""

    scale: Positive
    zero_point: Annotated[int, msgspec.Meta(ge=-128, le=127)]


class Channel(_Record, frozen=True):
    """One column of the input: (x - centre) / scale, clipped to +-clip, x in the UCUM unit.

    Codes where it is a vital's value.
    """

    name: Id
    unit: str
    centre: float
    scale: Positive
    clip: Positive
    loinc: str = ""
    mdc: int = 0


class Input(_Record, frozen=True):
    """The input tensor without its batch axis.

    `features` names the definition that fills it; "tensor" is any other array.
    """

    features: Literal["vitals-window/1", "tensor"]
    dtype: Literal["int8"]
    shape: tuple[Annotated[int, msgspec.Meta(ge=1)], ...]
    quantisation: Quantisation
    carry_forward_hours: int
    missing: Literal["first-value-backward-then-zero", "none"]
    channels: tuple[Channel, ...]


class Output(_Record, frozen=True):
    """The output tensor without its batch axis: one log-odds.

    Never a probability: an int8 sigmoid has no resolution left.
    """

    quantity: Literal["logit"]
    dtype: Literal["int8"]
    shape: tuple[Annotated[int, msgspec.Meta(ge=1)], ...]
    quantisation: Quantisation


class Calibration(_Record, frozen=True):
    """Probability over logit as a table, linear between its knots, constant outside. `method` says how it was made."""

    method: str
    logits: tuple[float, ...]
    probabilities: tuple[Annotated[float, msgspec.Meta(ge=0, le=1)], ...]


class Range(_Record, frozen=True):
    """Values seen in training, inclusive, in the UCUM unit."""

    low: float
    high: float


class Histogram(_Record, frozen=True):
    """How one input was spread in training: `shares` of the hours that had it, by bin.

    Bins are parted by `edges`, rising, each the last value of its bin; `missing` is the share of hours that had none.
    """

    edges: tuple[float, ...]
    shares: tuple[Annotated[float, msgspec.Meta(ge=0, le=1)], ...]
    missing: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Threshold(_Record, frozen=True):
    """A probability at which to alert, with what it gave on data held out of the fit."""

    name: str
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)]
    sensitivity: float
    alerts_per_patient_day: float


class Training(_Record, frozen=True):
    """Where the model comes from.

    `fingerprint`: sha256 of the training rows as read, so that a retraining can prove its data.
    """

    data: str
    licence: str
    fingerprint: Sha256
    stays: int
    rows: int
    positives: int
    seed: int
    tools: dict[str, str]


class Manifest(_Record, frozen=True):
    """All that an agent must know to use a model, and to refuse it."""

    schema: Literal[1]
    name: Id
    version: Version
    min_agent: Version
    task: Task
    files: dict[str, Sha256]
    input: Input
    output: Output
    calibration: Calibration
    trained_on: dict[str, Range]
    spread: dict[str, Histogram]
    thresholds: tuple[Threshold, ...]
    training: Training


class GoldenWindow(_Record, frozen=True):
    """The hours behind a golden input: medians per quantity in units of resolution, oldest first."""

    medians: dict[str, tuple[int | None, ...]]
    patient: Patient


class Golden(_Record, frozen=True):
    """One input with the output that the exporter's runtime gave, and the window behind it. Bytes are base64 int8."""

    input: bytes
    output: bytes
    window: GoldenWindow | None = None


class GoldenFile(_Record, frozen=True):
    """Vectors that any runtime must reproduce within `tolerance` steps of int8."""

    schema: Literal[1]
    tolerance: Annotated[int, msgspec.Meta(ge=0, le=1)]
    vectors: Annotated[tuple[Golden, ...], msgspec.Meta(min_length=1)]
