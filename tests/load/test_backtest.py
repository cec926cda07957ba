"""The backtest plays the very ward: counts by hand, two settings side by side, every kind of recording."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge_agent.cli.load.charts import charts
from edge_agent.cli.load.outcome import Announced, Judged, Outcome
from edge_agent.cli.load.playing import Task, backtest, play
from edge_agent.cli.load.plots import plots, prepare
from edge_agent.cli.load.report import load
from edge_agent.cli.load.sources import Flight, Seconds, sources
from edge_agent.cli.load.sustained import sustained
from edge_agent.cli.main import main
from edge_agent.domain.alerts import Kind, Priority
from edge_agent.domain.inputs import Entry
from edge_agent.domain.settings import LIMIT_RULES, Bed, Limit, WardSettings
from edge_agent.domain.windows import Patient
from edge_agent.gateway.recorder import Header, Recorder, append
from tests.bedside.harness import Bench, settings
from tests.paths import data

SLOW = Limit(limit=Decimal(90), delay_s=15, deep_limit=None)


def ask(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["backtest", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    said: dict[str, Any] = json.loads(result.output)
    return said


def story(*values: tuple[int, int]) -> Seconds:
    seconds = tuple({"spo2": value, "heart_rate": 80} for value, count in values for _ in range(count))
    return Seconds("story", seconds, Patient())


def test_a_story_of_two_dips_one_of_them_short_is_counted_as_by_hand() -> None:
    told = story((97, 60), (88, 40), (97, 60), (88, 10), (97, 60))
    (outcome,) = backtest([told], WardSettings(limits={"spo2-low": SLOW}))
    calls = [each for each in outcome.announced if each.rule == "spo2-low"]
    assert calls == [Announced("spo2-low", Kind.PHYSIOLOGICAL, Priority.MEDIUM, 75.0, 35.0)]
    assert [(each.rule, each.by, each.would_have) for each in outcome.withheld if each.rule == "spo2-low"] == [
        ("spo2-low", "delay", 160.0)
    ]
    assert outcome.hours == pytest.approx(230 / 3600)


def test_an_event_is_told_late_or_missed() -> None:
    told = story((97, 60), (88, 100), (97, 60))
    for limit, expected in (
        (SLOW, 75.0),
        (Limit(limit=Decimal(88), delay_s=15), None),
    ):
        (outcome,) = backtest([told], WardSettings(limits={"spo2-low": limit}))
        assert outcome.events == (Judged("spo2-low", 60, 60, expected),)
    assert Judged("r", 60, 30, 91.0).late
    assert not Judged("r", 60, 30, 90.0).late


def test_a_minute_beyond_in_every_source_is_an_event() -> None:
    def seconds(*spans: tuple[int, dict[str, int]]) -> list[dict[str, int]]:
        return [values for count, values in spans for _ in range(count)]

    both = {"heart_rate": 140, "pulse_rate": 141}
    found = sustained(seconds((10, {}), (59, both), (5, {"heart_rate": 80}), (60, both)))
    assert [(label.rule, label.crossed, label.end) for label in found] == [("pulse-high", 74, 134)]
    assert not sustained(seconds((100, {"heart_rate": 140, "pulse_rate": 80})))
    assert sustained(seconds((60, {"spo2": 89})))
    assert not sustained(seconds((60, {"spo2": 90})))


def test_two_settings_side_by_side_with_the_change(tmp_path: Path) -> None:
    recorded = tmp_path / "one.csv"
    values = ([97] * 20 + [88] * 5) * 8
    recorded.write_text("t,spo2\n" + "".join(f"{second},{value}\n" for second, value in enumerate(values)))
    both = ("--config", "plain", "--config", "default")
    said = ask(str(recorded), *both)
    plain, default = said["loads"]
    assert (plain["config"], default["config"]) == ("plain", "default")
    assert (plain["limits"], default["limits"]) == (8, 2)
    assert said["change"]["limits"] == -0.75
    hidden = [each["would_have"] for each in default["hidden"] if each["rule"] == "spo2-low"]
    assert hidden == [20.0 + 25 * times for times in range(7) if times not in (2, 5)]
    table = CliRunner().invoke(main, ["backtest", str(recorded), *both])
    assert "-75.0%" in table.output
    assert "later than their cap" in table.output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_our_defaults_announce_less_than_plain_limits_and_miss_nothing() -> None:
    """Takes about a minute. The published proof is the same command with 504 bed-hours, see docs/alarm-load.md."""
    said = ask("labelled:4x2:7", "--config", "plain", "--config", "default", "--workers", "2")
    plain, default = said["loads"]
    assert default["announced"] < 0.5 * plain["announced"]
    assert default["limits"] < 0.5 * plain["limits"]
    assert (default["missed"], default["late"]) == ([], [])


def test_a_configuration_file_is_tried_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    link = "{id: a, bed: 1, family: sensor_link, port: /dev/a}"
    path.write_text(
        "config_schema: 1\nsite: S\nward: W\ngateway: g\nbroker: {host: h, port: 1883}\n"
        f"settings: {{beds: [{{id: 1}}], devices: [{link}], limits: {{spo2-low: {{limit: 86, deep_limit: 85}}}}}}\n"
    )
    recorded = tmp_path / "one.csv"
    recorded.write_text("t,spo2\n" + "".join(f"{t},88\n" for t in range(90)))
    (loose,) = ask(str(recorded), "--config", str(path))["loads"]
    (ours,) = ask(str(recorded))["loads"]
    assert (loose["limits"], ours["limits"]) == (0, 1)
    table = CliRunner().invoke(main, ["backtest", str(recorded), *("--config", str(path)) * 2])
    assert f"  {path}  {path}" in table.output, "names stand apart"
    assert (len(loose["missed"]), len(ours["missed"])) == (1, 0)
    path.write_text("nonsense: 1\n")
    result = CliRunner().invoke(main, ["backtest", str(recorded), "--config", str(path)])
    assert result.exit_code == 1
    assert "nonsense" in result.output


def flown(folder: Path, snapshot: Callable[[], bytes] | None = None) -> Path:
    """Fly two beds for 80 s, one of them beyond a limit for the last 50, and return the recording."""
    bench = Bench(settings(beds=(Bed(id="1"), Bed(id="2", required=()))))
    header = Header(1, "test", "3", "run", "boot", "")
    recorder = Recorder(folder, header, snapshot or bench.ward.snapshot, append)
    entries = 0
    give = bench.give

    def recorded(given: Any) -> Any:  # noqa: ANN401 - any input has effects
        nonlocal entries
        recorder.before(bench.now)
        effects = give(given)
        entries += 1
        recorder.note(Entry(entries, bench.now, given), effects)
        return effects

    bench.give = recorded  # type: ignore[method-assign] # what is told is written down
    bench.feed(30, {"spo2": 97})
    bench.feed(50, {"spo2": 87})
    path = recorder.freeze("event", bench.now)
    assert path is not None
    return path


def test_a_flight_recording_is_flown_again_under_other_settings(tmp_path: Path) -> None:
    flown(tmp_path)
    (flight,) = sources(str(tmp_path))
    assert isinstance(flight, Flight)
    told = {rule: each.default for rule, each in LIMIT_RULES.items()}
    counts = {}
    for name, limit in (("ours", told["spo2-low"]), ("loose", Limit(limit=Decimal(86), deep_limit=None))):
        (outcome,) = backtest([flight], WardSettings(limits={"spo2-low": limit}))
        counts[name] = [each.rule for each in outcome.announced].count("spo2-low")
        assert outcome.hours == pytest.approx(2 * 80 / 3600), "of both beds"
    assert counts == {"ours": 1, "loose": 0}


def test_a_flight_recording_that_breaks_off_counts_up_to_there(tmp_path: Path) -> None:
    path = flown(tmp_path)
    whole = path.read_bytes()
    (before,) = backtest(sources(str(path)), WardSettings())
    path.write_bytes(whole[: len(whole) * 9 // 10])
    (after,) = backtest(sources(str(path)), WardSettings())
    assert 0 < after.hours < before.hours


def test_a_flight_recording_of_another_version_is_refused(tmp_path: Path) -> None:
    path = flown(tmp_path, lambda: b"another layout")
    result = CliRunner().invoke(main, ["backtest", str(path)])
    assert result.exit_code == 1
    assert "event.rec: made by another version of the agent" in result.output


def test_any_map_serves() -> None:
    asked: list[int] = []

    def cluster(function: Callable[[Task], Outcome], tasks: Iterable[Task]) -> list[Outcome]:
        found = list(tasks)
        asked.append(len(found))
        return [function(task) for task in found]

    told = [story((88, 30)), story((97, 30))]
    assert backtest(told, WardSettings(), mapper=cluster) == [play(Task(each, WardSettings())) for each in told]
    assert asked == [2]


def test_the_noisiest_decile_and_rates_are_those_of_the_definition() -> None:
    call = Announced("spo2-low", Kind.PHYSIOLOGICAL, Priority.HIGH, 1.0, 4.0)
    beds = [Outcome(str(n), 12.0, (call,) * (9 if n == 3 else 1)) for n in range(10)]
    found = load("c", beds)
    assert (found.announced, found.per_bed_day, found.noisiest_decile) == (18, 3.6, 0.5)
    assert [(line.rule, line.priority, line.count, line.median_s) for line in found.lines] == [
        ("spo2-low", "high", 18, 4.0)
    ]
    assert [each.announced for each in found.beds] == [1, 1, 1, 9, 1, 1, 1, 1, 1, 1]
    assert load("c", beds, ("news2",)).beds[3].announced == 0, "counts as the table does"


def test_an_hourly_chart_counts_for_scores_alone(tmp_path: Path) -> None:
    chart = tmp_path / "chart.csv"
    rows = ["patient,HR,O2Sat,Temp,SBP,Resp,Age,ICULOS"]
    rows += [f"7,{80 if hour < 3 else 135},{96 if hour < 3 else 84},37.0,120,16,70,{hour}" for hour in range(1, 6)]
    chart.write_text("\n".join(rows) + "\n")
    (stay,) = charts(chart)
    (outcome,) = backtest([stay], WardSettings())
    assert outcome.hours == 5
    found = load("c", [outcome], ("news2",))
    assert [(line.rule, line.priority) for line in found.lines] == [("news2", "medium")]
    assert ask(str(chart))["loads"][0]["limits"] == 0


def test_bidmc_is_read_whole_and_counted() -> None:
    found = sources(str(data("bidmc_numerics_1hz.csv.gz")))
    assert len(found) == 33
    (first,) = ask(str(data("bidmc_numerics_1hz.csv.gz")), "--at-most", "1")["loads"]
    assert first["recordings"] == 1
    assert first["hours"] == pytest.approx(481 / 3600, abs=0.001)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ("nowhere.csv", "No such file"),
        ("empty.rec", "not a recording"),
        ("folder", "nothing to play, no .rec in it"),
        ("noise.csv", "cannot be read as CSV"),
        ("noise.csv.gz", "cannot be read as CSV"),
        ("noise.parquet", "cannot be read as Parquet"),
        ("other.parquet", "has the columns patient, ICULOS"),
        ("words.csv", "patient 7: a cell is no number"),
    ],
)
def test_what_cannot_be_played_is_said(given: str, complaint: str, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet") if given.endswith("parquet") else None
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.rec").write_bytes(gzip.compress(b""))
    for name in ("noise.csv", "noise.csv.gz", "noise.parquet"):
        (tmp_path / name).write_bytes(bytes(range(128, 256)))
    (tmp_path / "words.csv").write_text("patient,ICULOS,HR\n7,1,fast\n")
    if parquet:
        table = pytest.importorskip("pyarrow").table({"t": [1], "spo2": [97]})
        parquet.write_table(table, tmp_path / "other.parquet")
    result = CliRunner().invoke(main, ["backtest", str(tmp_path / given)])
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert given in result.output
    assert complaint in result.output


@pytest.mark.parametrize("given", ["labelled:x", "labelled:0x1", "labelled:1x0", "labelled:2x1:s"])
def test_generated_recordings_are_asked_for_in_one_form(given: str) -> None:
    result = CliRunner().invoke(main, ["backtest", given])
    assert result.exit_code == 1
    assert f"{given}: write labelled:BEDSxHOURS" in result.output


def test_three_settings_are_one_too_many() -> None:
    result = CliRunner().invoke(main, ["backtest", "labelled:1x1", *("--config", "default") * 3])
    assert result.exit_code == 2
    assert "at most 2" in result.output


def test_without_matplotlib_pictures_are_refused_before_anything_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = CliRunner().invoke(main, ["backtest", "nowhere.csv", "--plots", str(tmp_path / "pictures")])
    assert result.exit_code == 1
    assert "matplotlib" in result.output


@pytest.mark.train
def test_pictures_show_the_figures_of_the_table(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    call = Announced("spo2-low", Kind.PHYSIOLOGICAL, Priority.HIGH, 1.0, 4.0)
    beds = [Outcome(str(n), 12.0, (call,) * n) for n in range(3)]
    for name, loads in {
        "two": [load("a", beds), load("b", beds[:1])],
        "none": [load("a", beds[:1])],
    }.items():
        prepare(tmp_path / name)
        for picture in plots(tmp_path / name, loads):
            assert picture.read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in (tmp_path / "two").iterdir()} == {"rules.png", "recordings.png"}
