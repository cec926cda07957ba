"""What a gateway recorded comes back as hours to train on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from click.testing import CliRunner

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.inputs import AdmitAsked, DischargeAsked
from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, Window
from tests.gateway.test_recorder import Recorded
from training import recordings
from training.__main__ import main
from training.hourly import read

VALUES = {"pulse_rate": 80, "spo2": 95, "respiratory_rate": 18, "systolic": 118, "temperature": 371}


def _recorded(folder: Path) -> list[RiskWanted]:
    """Let a gateway see the same vitals for hours, record the last minutes, and return what it asked for."""
    bench = Recorded(folder)
    for _ in range(18):
        bench.feed(5, VALUES)
        bench.wait(600)
    path = bench.recorder.freeze("event", bench.now)
    assert path
    bench.feed(40, VALUES)
    bench.recorder.finish()
    return [effect for effect in bench.effects if isinstance(effect, RiskWanted)]


def test_a_recording_becomes_the_hours_that_the_gateway_saw(tmp_path: Path) -> None:
    asked = _recorded(tmp_path)
    out = tmp_path / "hours.parquet"
    result = CliRunner().invoke(main, ["recordings", "--data", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    stays = read(out)
    seen = [row for row in zip(*(asked[-1].window.medians[name] for name in QUANTITIES), strict=True) if any(row)]
    assert len(seen) >= 3
    assert stays.medians.tolist() == [list(map(float, row)) for row in seen]
    assert result.output == f"{len(seen)} hours\n"
    assert len(pq.read_table(out)) == len(seen)


def test_two_patients_of_one_bed_are_two_stays(tmp_path: Path) -> None:
    bench = Recorded(tmp_path)
    who: dict[str, Any] = {"bed": "1", "person": "nurse7", "request": "r", "received_at": bench.now}
    admit = partial(AdmitAsked, patient=Patient(age_years=70, sex="female"), **who)
    bench.give(admit(encounter="stay-a"))
    bench.feed(90, VALUES)
    assert bench.recorder.freeze("event", bench.now)
    bench.give(DischargeAsked(**who))
    bench.give(admit(encounter="stay-b"))
    bench.feed(90, VALUES | {"pulse_rate": 81})
    bench.recorder.finish()
    out = tmp_path / "hours.parquet"
    recordings.write(tmp_path, out)
    found = pq.read_table(out).to_pylist()
    assert {(row["patient"].split("/")[2], row["HR"]) for row in found} == {("stay-a", 80), ("stay-b", 81)}


def test_the_same_bed_seen_again_later_is_one_stay_without_doubled_hours() -> None:
    early = Window(dict.fromkeys(QUANTITIES, (None,) * (HOURS - 2) + (1, 2)), Patient())
    late = Window(dict.fromkeys(QUANTITIES, (None,) * (HOURS - 2) + (2, 3)), Patient())
    joined = recordings._hours(early, 0) | recordings._hours(late, 1)
    assert {hour: values[0] for hour, values in joined.items()} == {-1: 1, 0: 2, 1: 3}
