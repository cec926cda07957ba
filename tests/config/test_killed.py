"""Killed at any step, by a signal or by the power: the next start runs the old configuration or the new one, whole."""

from __future__ import annotations

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import Bed, WardSettings
from edge_agent.gateway.config import durable
from edge_agent.gateway.config.keeper import Outcome
from edge_agent.gateway.config.store import ConfigStore, stored
from tests.config.killed import NEW, OLD
from tests.config.pushed import SEED, Applied, push, settings
from tests.config.test_push import _receive
from tests.paths import CHECKOUT


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return what a killed process left behind, for every step, and last of all what a living one did."""
    root = tmp_path_factory.mktemp("killed")
    subprocess.run([sys.executable, "-m", "tests.config.killed", root], cwd=CHECKOUT, check=True)
    return sorted(root.iterdir(), key=lambda place: int(place.name))


def test_the_steps_are_in_the_order_that_survives_a_power_cut(dead: list[Path]) -> None:
    taken = (dead[-1] / "steps").read_text().split()
    file_synced, renamed, applied = taken.index("fsync"), taken.index("replace"), taken.index("apply")
    directory_synced = taken.index("fsync", renamed)
    assert taken.index("half-written") < file_synced < renamed < directory_synced < applied < taken.index("unlink")
    assert len(dead) == len(taken) + 1, "one was killed at every step"


def test_killed_at_any_step_leaves_the_old_or_the_new_one(dead: list[Path]) -> None:
    versions = []
    for place in dead:
        at = Applied(place / "state")
        ward = at.keeper.start()
        versions.append(ward.version)
        assert at.keeper.fallback == "", "a kill damages nothing"
        assert [bed.id for bed in ward.beds] == [bed["id"] for bed in (NEW if ward.version == 3 else OLD)["beds"]]
        assert ward.version == NEW["version"] or not (place / "applied").exists(), "what was applied is durable"
    assert versions == sorted(versions)
    assert {*versions} == {OLD["version"], NEW["version"]}


def test_after_a_kill_the_same_push_still_gets_through(dead: list[Path]) -> None:
    for place in dead:
        at = Applied(place / "state")
        at.keeper.start()
        outcome = _receive(at, push(NEW))
        assert outcome is (Outcome.UNCHANGED if at.calls == [] else Outcome.APPLIED)
        assert at.keeper.settings.version == NEW["version"]
        assert not list((place / "state").glob("*.new")) or at.calls == []


def _two(directory: Path) -> tuple[Applied, Path]:
    """Return a gateway with two accepted pushes, and the file of the newer one."""
    at = Applied(directory)
    _receive(at, push(OLD))
    _receive(at, push(NEW))
    return at, directory / "pushed-3.json"


@given(st.data())
def test_a_damaged_file_falls_back_to_the_one_before_and_says_so(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    at, file = _two(tmp_path_factory.mktemp("state"))
    whole = file.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytes([whole[cut] ^ data.draw(st.integers(1, 255))])
    file.write_bytes(data.draw(st.sampled_from([b"", whole[:cut], whole[:cut] + flipped + whole[cut + 1 :]])))
    again = Applied(file.parent)
    ward = again.keeper.start()
    if ward.version == NEW["version"]:
        assert ward == at.keeper.settings, "the damage was in what nothing depends on"
        return
    assert ward.version == OLD["version"]
    assert again.keeper.fallback.startswith("pushed configuration 3 is ")
    assert again.keeper.fallback.endswith("running pushed configuration 2")
    assert again.keeper.fact(7).present
    assert _receive(again, push(NEW)) is Outcome.APPLIED, "the retained push repairs it"
    assert not again.keeper.fact(8).present


def test_with_nothing_sound_left_it_is_the_gateways_own_file_and_that_is_said(tmp_path: Path) -> None:
    _two(tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(b"")
    seed = WardSettings(beds=(Bed(id="7"),))
    again = Applied(tmp_path, seed)
    assert again.keeper.start() == seed
    assert "pushed configuration 3 is unreadable" in again.keeper.fallback
    assert "pushed configuration 2 is unreadable" in again.keeper.fallback


def test_without_any_push_the_seed_runs_and_nothing_is_amiss(tmp_path: Path) -> None:
    at = Applied(tmp_path / "not there yet", WardSettings())
    assert at.keeper.start() == SEED
    assert at.keeper.fallback == ""


def test_a_stored_push_that_today_is_refused_is_not_run(tmp_path: Path) -> None:
    kept = ConfigStore(tmp_path)
    kept.save(stored(1, None, push(settings(1)).partition(b'"settings": ')[2][:-1]))
    kept.save(stored(2, None, b'{"config_schema": 1, "version": 2, "beds": [], "limits": {"spo2-low": {"limit": 1}}}'))
    at = Applied(tmp_path)
    assert at.keeper.start().version == 1
    assert "pushed configuration 2 is no longer valid: /settings/beds" in at.keeper.fallback
    assert "(and 1 more)" in at.keeper.fallback


def test_a_full_disk_refuses_the_push_and_keeps_the_old(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(OLD))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        assert _receive(at, push(NEW)) is Outcome.REFUSED
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    refused = at.keeper.report().refused
    assert refused is not None
    assert "cannot be written (File too large)" in refused.faults[0].found
    assert [file.name for file in tmp_path.iterdir()] == ["pushed-2.json"]
    assert at.keeper.settings.version == OLD["version"]
    assert _receive(at, push(NEW)) is Outcome.APPLIED, "with room again the same push is taken"


def test_what_is_not_known_to_be_durable_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = Applied(tmp_path)
    _receive(at, push(OLD))

    def fail(_: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(durable, "sync_directory", fail)
    assert _receive(at, push(NEW)) is Outcome.REFUSED
    assert Applied(tmp_path).keeper.start().version == OLD["version"]


def test_an_old_file_that_cannot_be_removed_is_no_matter(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    _receive(at, push(OLD))
    (tmp_path / "pushed-1.json").mkdir()
    assert _receive(at, push(NEW)) is Outcome.APPLIED
    assert at.keeper.settings.version == NEW["version"]


def test_a_state_directory_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the directory should be")
    at = Applied(tmp_path / "state")
    assert at.keeper.start() == SEED
    assert at.keeper.fallback.endswith("running the gateway's own file")


def test_files_are_kept_for_the_running_one_and_the_one_before(tmp_path: Path) -> None:
    at = Applied(tmp_path)
    for version in range(1, 6):
        _receive(at, push(settings(version)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pushed-4.json", "pushed-5.json"]
