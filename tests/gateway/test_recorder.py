"""The flight recorder: whatever is frozen can be replayed to the same effects, byte for byte."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from edge_agent.cli.main import main
from edge_agent.domain.effects import Effect
from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import Entry, Input
from edge_agent.domain.settings import SECOND
from edge_agent.gateway import recorder as module
from edge_agent.gateway.recorder import Checkpoint, Header, Noted, Recorder, append, effects_json, read
from edge_agent.gateway.replay import header, replay
from tests.bedside.harness import Bench
from tests.bedside.test_time import STORY, tell

HEADER = Header(module.FORMAT, "0.1.0", "3.11", "run", "boot", "")


class Recorded(Bench):
    """A bench whose every input goes through a recorder, as on a gateway."""

    def __init__(self, folder: Path) -> None:
        self.recorder = Recorder(folder, HEADER, lambda: self.ward.snapshot(), append)  # noqa: PLW0108 - the ward is replaced by a restart
        self.count = 0
        self.printed: list[bytes] = []
        super().__init__()

    def give(self, given: Input) -> list[Effect]:
        self.recorder.before(self.now)
        effects = super().give(given)
        self.count += 1
        self.recorder.note(Entry(self.count, self.now, given), effects)
        self.printed.append(effects_json(effects))
        return effects


@settings(max_examples=30)
@given(story=STORY, after=STORY)
def test_a_frozen_recording_replays_to_the_same_effects(
    tmp_path_factory: pytest.TempPathFactory,
    story: list[tuple[str, int, int, float]],
    after: list[tuple[str, int, int, float]],
) -> None:
    bench = Recorded(tmp_path_factory.mktemp("recordings"))
    tell(bench, story)
    path = bench.recorder.freeze("event", bench.now)
    assert path
    tell(bench, after)
    bench.recorder.finish()
    steps = list(replay(path))
    assert all(step.same for step in steps)
    first, last = steps[0].ordinal, steps[-1].ordinal
    assert [step.effects for step in steps] == bench.printed[first - 1 : last]


def test_a_changed_recording_is_noticed(tmp_path: Path) -> None:
    bench = Recorded(tmp_path)
    bench.feed(40, {"spo2": 84})
    path = bench.recorder.freeze("event", bench.now)
    assert path
    bench.recorder.finish()
    records = list(read(path))
    noted = next(i for i, record in enumerate(records) if isinstance(record, Noted) and record.effects)
    record = records[noted]
    assert isinstance(record, Noted)
    records[noted] = Noted(record.entry, record.effects ^ 1)
    path.write_bytes(gzip.compress(b"".join(module._framed(each) for each in records)))
    result = CliRunner().invoke(main, ["replay", str(path), "--quiet"])
    assert result.exit_code == 1
    assert "1 inputs had other effects" in result.output


def test_the_command_prints_the_effects(tmp_path: Path) -> None:
    bench = Recorded(tmp_path)
    bench.feed(40, {"spo2": 84})
    path = bench.recorder.freeze("event", bench.now)
    bench.recorder.finish()
    result = CliRunner().invoke(main, ["replay", str(path)])
    assert result.exit_code == 0
    assert result.stdout_bytes == b"".join(bench.printed)
    assert "identical" in result.stderr


@pytest.mark.parametrize("lost", [1, 9, 200])
def test_a_recording_cut_short_is_replayed_up_to_there_and_said_to_break_off(tmp_path: Path, lost: int) -> None:
    bench = Recorded(tmp_path)
    bench.feed(40, {"spo2": 84})
    path = bench.recorder.freeze("event", bench.now)
    assert path
    bench.recorder.finish()
    path.write_bytes(path.read_bytes()[:-lost])
    result = CliRunner().invoke(main, ["replay", str(path)])
    assert result.exit_code == 1
    assert b"".join(bench.printed).startswith(result.stdout_bytes)
    assert "identical" in result.stderr
    assert f"Error: {path}: breaks off here" in result.stderr


def test_a_recording_of_another_version_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "other.rec"
    records = (HEADER, Checkpoint(b"\x91\x01"))
    path.write_bytes(gzip.compress(b"".join(module._framed(each) for each in records)))
    result = CliRunner().invoke(main, ["replay", str(path)])
    assert result.exit_code == 1
    assert "made by another version of the agent" in result.stderr


def test_the_ring_always_begins_with_a_checkpoint_and_is_bounded(tmp_path: Path) -> None:
    bench = Recorded(tmp_path)
    bench.feed(20 * 60, {"spo2": 97})
    path = bench.recorder.freeze("event", bench.now)
    assert path
    records = list(read(path))
    assert isinstance(records[0], Header)
    assert isinstance(records[1], Checkpoint)
    times = [record.entry.now for record in records if isinstance(record, Noted)]
    kept = times[-1] - times[0]
    assert (module.SEGMENTS - 1) * module.SEGMENT <= kept + SECOND <= module.SEGMENTS * module.SEGMENT + SECOND


def test_what_follows_the_alert_is_added_for_a_minute(tmp_path: Path) -> None:
    bench = Recorded(tmp_path)
    bench.feed(10, {"spo2": 97})
    path = bench.recorder.freeze("event", bench.now)
    assert path
    frozen = bench.now
    bench.feed(120, {"spo2": 97})
    times = [record.entry.now for record in read(path) if isinstance(record, Noted)]
    assert frozen + module.AFTER - SECOND <= times[-1] <= frozen + module.AFTER


def test_a_day_of_alerts_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DAY_BYTES", 1)
    monkeypatch.setattr(module, "DAY", 60 * SECOND)
    bench = Recorded(tmp_path)
    bench.feed(5, {"spo2": 97})
    assert bench.recorder.freeze("one", bench.now)
    bench.recorder.finish()
    assert bench.recorder.freeze("two", bench.now) is None
    bench.wait(60)
    assert bench.recorder.freeze("three", bench.now)


def test_the_folder_keeps_its_size_and_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLDER_BYTES", 250)
    for number in range(5):
        append(tmp_path / f"{number}.rec", bytes(100))
        os.utime(tmp_path / f"{number}.rec", (number, number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3.rec", "4.rec"]


@pytest.mark.parametrize("content", [b"", b"no recording", gzip.compress(b"\x00\x00\x00\x01\x80", mtime=0)])
def test_what_is_no_recording_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(content)
    with pytest.raises(AgentError, match=r"not a recording|cannot be read"):
        header(path)
