from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.risk import features
from edge_agent.risk.bundle import CARD, FILES, GOLDEN, MANIFEST, MODEL, BundleError, load
from edge_agent.risk.runtime import RuntimeUnavailableError
from edge_agent.risk.scorer import open_scorer
from tests.risk.bundles import BUNDLES, SHIPPED, Change, edit, replace

KIB = 1024


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda path: path.name)
def test_every_shipped_bundle_loads_reproduces_itself_and_is_small(folder: Path) -> None:
    scorer = open_scorer(folder)
    assert scorer.manifest.name == folder.name
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 64 * KIB
    assert scorer.model_sha256 in (folder / CARD).read_text()


def test_the_input_scale_is_that_of_the_clipped_range() -> None:
    manifest = load(SHIPPED).manifest
    assert manifest.input.quantisation.scale == pytest.approx(8 / 255)
    assert [channel.name for channel in manifest.input.channels] == list(features.CHANNELS)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_refused_by_name(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=rf"{name}: has sha256 .* Copy the whole bundle"):
        load(folder)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: cannot be read"):
        load(folder)


@given(st.floats(0, 1, exclude_max=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_manifest_is_refused(folder: Path, share: float) -> None:
    whole = (SHIPPED / MANIFEST).read_bytes().rstrip()
    (folder / MANIFEST).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BundleError, match=f"{MANIFEST}: is no Manifest record"):
        load(folder)


def _swap(manifest: dict[str, Any]) -> None:
    channels = manifest["input"]["channels"]
    channels[0], channels[1] = channels[1], channels[0]


CONTRADICTIONS = {
    "is no Manifest record": [
        lambda m: m.update(schema=2),
        lambda m: m.update(surprise=1),
        lambda m: m.pop("calibration"),
        lambda m: m["input"].update(dtype="float32"),
        lambda m: m["input"].update(features="vitals-window/2"),
        lambda m: m["output"].update(quantity="probability"),
        lambda m: m["input"]["channels"][0].update(scale=0),
    ],
    "min_agent: needs agent 99.0.0": [lambda m: m.update(min_agent="99.0.0")],
    "input.channels: are": [_swap, lambda m: m["input"]["channels"][3].update(name="lactate")],
    "input.channels.pulse: is coded": [
        lambda m: m["input"]["channels"][0].update(unit="Hz"),
        lambda m: m["input"]["channels"][0].update(loinc="9279-1"),
    ],
    "input.shape: is": [
        lambda m: m["input"].update(shape=[12, 23]),
        lambda m: m["input"].update(shape=[24, 12]),
        lambda m: m["input"].update(carry_forward_hours=48),
        lambda m: m["input"]["channels"].pop(),
    ],
    "output.shape: is": [lambda m: m["output"].update(shape=[2])],
    "calibration: is no rising table": [
        lambda m: m["calibration"]["logits"].reverse(),
        lambda m: m["calibration"]["probabilities"].reverse(),
        lambda m: m["calibration"]["logits"].pop(),
        lambda m: m["calibration"].update(logits=[], probabilities=[]),
    ],
    "trained_on: names": [lambda m: m["trained_on"].update(lactate={"low": 0, "high": 1})],
    "spread.pulse: is no histogram": [
        lambda m: m["spread"]["pulse"]["edges"].reverse(),
        lambda m: m["spread"]["pulse"]["shares"].pop(),
    ],
    "spread.lactate: is no histogram": [
        lambda m: m["spread"].update(lactate={"edges": [], "shares": [], "missing": 0})
    ],
    f"{MODEL}: has sha256": [lambda m: m["files"].pop(MODEL)],
}


@pytest.mark.parametrize(
    ("place", "change"), [(place, change) for place, changes in CONTRADICTIONS.items() for change in changes]
)
def test_a_contradiction_in_the_manifest_is_refused_with_its_place(folder: Path, place: str, change: Change) -> None:
    edit(folder / MANIFEST, change)
    with pytest.raises(BundleError, match=place):
        load(folder)


@pytest.mark.parametrize(
    ("problem", "change"),
    [
        ("model.tflite input: has scale", lambda m: m["input"]["quantisation"].update(scale=0.03)),
        ("model.tflite output: has scale", lambda m: m["output"]["quantisation"].update(zero_point=0)),
        ("input differs by .* this agent's features", lambda m: m["input"]["channels"][0].update(centre=60.0)),
        ("input differs by .* this agent's features", lambda m: m["input"]["channels"][21].update(clip=0.5)),
    ],
)
def test_a_manifest_that_does_not_describe_its_model_is_refused(folder: Path, problem: str, change: Change) -> None:
    edit(folder / MANIFEST, change)
    with pytest.raises(BundleError, match=problem):
        open_scorer(folder)


def test_fewer_channels_than_the_model_has_are_refused(folder: Path) -> None:
    def fewer(manifest: dict[str, Any]) -> None:
        manifest["input"]["channels"].pop()
        manifest["input"]["shape"] = [12, 23]

    edit(folder / MANIFEST, fewer)
    with pytest.raises(BundleError, match=r"model.tflite input: is int8 \(12, 24\)"):
        open_scorer(folder)


def test_a_model_for_something_else_is_refused(folder: Path) -> None:
    edit(folder / MANIFEST, lambda manifest: manifest["input"].update(features="tensor", channels=[]))
    with pytest.raises(BundleError, match="a ward needs vitals-window/1"):
        open_scorer(folder)


def test_golden_vectors_that_the_model_does_not_give_are_refused(folder: Path) -> None:
    def spoil(golden: dict[str, Any]) -> None:
        golden["vectors"][3]["output"], golden["vectors"][4]["output"] = "fw==", "gA=="  # 127 and -128

    edit(folder / GOLDEN, spoil)
    with pytest.raises(BundleError, match=r"golden.json vector [34]: output differs by"):
        open_scorer(folder)


def test_golden_vectors_of_another_shape_are_refused(folder: Path) -> None:
    edit(folder / GOLDEN, lambda golden: golden["vectors"][0].update(input="AAAA"))
    with pytest.raises(BundleError, match="has a vector that is not of shape"):
        open_scorer(folder)


def test_a_bundle_without_golden_vectors_is_refused(folder: Path) -> None:
    edit(folder / GOLDEN, lambda golden: golden.update(vectors=[]))
    with pytest.raises(BundleError, match="is no GoldenFile record"):
        load(folder)


def test_a_model_that_no_runtime_reads_is_refused(folder: Path) -> None:
    replace(folder / MODEL, b"no flatbuffer at all")
    with pytest.raises(RuntimeUnavailableError, match="cannot run the model"):
        open_scorer(folder)
