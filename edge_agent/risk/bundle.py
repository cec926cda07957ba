"""Read a model bundle and refuse it unless every part is what its manifest says. It fails closed, with no warnings.

The agent looks at a bundle three times: `load` (files, hashes, contract), `agrees` (the tensors as the runtime sees
them), and the golden vectors in `golden` (what features and runtime really compute).
"""

from __future__ import annotations

import hashlib
import math
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

import edge_agent
from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk import features
from edge_agent.risk.drift import INPUTS
from edge_agent.risk.manifest import Channel, GoldenFile, Input, Manifest, Quantisation
from edge_agent.risk.runtime import Tensor
from firmware_bridges.vitals import VITALS

MODEL, GOLDEN, CARD, MANIFEST = "model.tflite", "golden.json", "MODEL_CARD.md", "manifest.json"
FILES = (MODEL, GOLDEN, CARD)
"""What a bundle holds beside its manifest, each with its sha256 in it."""

SAME_SCALE = 1e-5
"""Relative difference that two prints of one float32 scale may have."""

LEAST_KNOTS = 2
"""Knots below which a calibration table is no line."""

Record = TypeVar("Record", Manifest, GoldenFile)

_COPY = "Copy the whole bundle folder again"
_EXPORT = "Export the bundle again with `python -m training train`"


class BundleError(Exception):
    """A bundle that must not be used. The text names the place, what is wrong there, and the remedy."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        """Say what is wrong `place`, and what to do."""
        super().__init__(f"{place}: {problem}. {remedy}")


class Bundle(NamedTuple):
    """A bundle whose files are what the manifest says.

    `sha256` is the manifest's own, and so stands for the whole bundle. `size` is that of all files, in bytes.
    """

    manifest: Manifest
    model: bytes
    golden: GoldenFile
    sha256: str
    size: int


def load(folder: Path) -> Bundle:
    """Read and verify the bundle in `folder`. Raises BundleError at the first thing that does not match."""
    text = _read(folder / MANIFEST)
    manifest = _decoded(text, Manifest, folder / MANIFEST)
    contents = {name: _verified(folder / name, manifest.files.get(name, "")) for name in FILES}
    _check_agent(manifest, str(folder / MANIFEST))
    _check_input(manifest.input, str(folder / MANIFEST))
    _check_output(manifest, str(folder / MANIFEST))
    golden = _decoded(contents[GOLDEN], GoldenFile, folder / GOLDEN)
    size = len(text) + sum(map(len, contents.values()))
    return Bundle(manifest, contents[MODEL], golden, hashlib.sha256(text).hexdigest(), size)


def agrees(bundle: Bundle, found_in: Tensor, found_out: Tensor) -> None:
    """Compare the tensors that the runtime found with the manifest. Raises BundleError."""
    manifest = bundle.manifest
    for end, found, said in (("input", found_in, manifest.input), ("output", found_out, manifest.output)):
        wanted = (said.dtype, said.shape)
        if (found.dtype, found.shape) != wanted:
            raise BundleError(f"{MODEL} {end}", f"is {found.dtype} {found.shape}, manifest says {wanted}", _EXPORT)
        if not _same(found, said.quantisation):
            problem = f"has scale {found.scale} and zero point {found.zero_point}, manifest says {said.quantisation}"
            raise BundleError(f"{MODEL} {end}", problem, _EXPORT)


def _read(path: Path) -> bytes:
    """Return the content of `path`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(str(path), f"cannot be read ({error.strerror})", _COPY) from error


def _decoded(text: bytes, kind: type[Record], path: Path) -> Record:
    """Return `text` as a record, or say which field is wrong."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(str(path), f"is no {kind.__name__} record ({error})", _COPY) from error


def _verified(path: Path, sha256: str) -> bytes:
    """Return the content of `path` if its hash is `sha256`."""
    content = _read(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BundleError(str(path), f"has sha256 {found}, manifest says {sha256 or 'nothing'}", _COPY)
    return content


def _check_agent(manifest: Manifest, place: str) -> None:
    """Refuse a bundle that was made for a later agent."""
    if _version(manifest.min_agent) > _version(edge_agent.__version__):
        problem = f"needs agent {manifest.min_agent}, this is {edge_agent.__version__}"
        raise BundleError(f"{place} min_agent", problem, "Update the agent, or ship an older bundle")


def _version(text: str) -> tuple[int, ...]:
    """Return "1.2.3" as (1, 2, 3), ignoring anything behind it."""
    return tuple(int(digits) for digits in re.findall(r"\d+", text)[:3])


def _check_input(said: Input, place: str) -> None:
    """Refuse an input that this agent's features cannot fill."""
    if said.features == "tensor":
        return
    names = [channel.name for channel in said.channels]
    known = [name for name in features.CHANNELS if name in names]
    if names != known:
        problem = f"are {names}, but this agent fills them as {known}"
        raise BundleError(f"{place} input.channels", problem, _EXPORT)
    wanted = (features.ROWS, len(names))
    if said.shape != wanted or said.carry_forward_hours != features.SIGHT:
        problem = (
            f"is {said.shape} carried {said.carry_forward_hours} h, this agent makes {wanted} and {features.SIGHT} h"
        )
        raise BundleError(f"{place} input.shape", problem, _EXPORT)
    for channel in said.channels:
        _check_codes(channel, place)


def _check_codes(channel: Channel, place: str) -> None:
    """Refuse a channel that means another vital, or another unit, than this agent does by the same name."""
    vitals = [vital for vital in VITALS.values() if vital.quantity == channel.name]
    known = {(vital.loinc, vital.mdc, vital.ucum) for vital in vitals}
    said = (channel.loinc, channel.mdc, channel.unit)
    if known and said not in known:
        raise BundleError(
            f"{place} input.channels.{channel.name}", f"is coded {said}, this agent knows {known}", _EXPORT
        )


def _check_output(manifest: Manifest, place: str) -> None:
    """Refuse more than one logit, a calibration that is no rising table, and ranges for what is no input."""
    if math.prod(manifest.output.shape) != 1:
        raise BundleError(f"{place} output.shape", f"is {manifest.output.shape}, one logit is wanted", _EXPORT)
    table = manifest.calibration
    knots = tuple(zip(table.logits, table.probabilities, strict=False))
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots))
    if len(knots) < LEAST_KNOTS or len(table.logits) != len(table.probabilities) or not rising:
        raise BundleError(f"{place} calibration", "is no rising table of logits and probabilities", _EXPORT)
    unknown = set(manifest.trained_on) - set(QUANTITIES)
    if unknown:
        raise BundleError(f"{place} trained_on", f"names {sorted(unknown)}, which is no input", _EXPORT)
    for name, found in manifest.spread.items():
        rises = all(a < b for a, b in pairwise(found.edges)) and len(found.shares) == len(found.edges) + 1
        if name not in INPUTS or not rises:
            raise BundleError(f"{place} spread.{name}", "is no histogram of an input", _EXPORT)


def _same(found: Tensor, said: Quantisation) -> bool:
    """Say whether the runtime and the manifest mean one quantisation."""
    return found.zero_point == said.zero_point and math.isclose(found.scale, said.scale, rel_tol=SAME_SCALE)
