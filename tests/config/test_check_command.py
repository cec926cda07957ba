"""`edge-agent check`: the exit code, both forms of output, and the configurations we ship."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner, Result

from edge_agent.cli.check import command
from edge_agent.domain.settings import LIMIT_RULES
from edge_agent.gateway.config.effective import fingerprint
from edge_agent.gateway.config.load import load_file, parse_ward
from tests.config.good import GOOD, broken
from tests.paths import CHECKOUT

CONFIGS = sorted((CHECKOUT / "configs").glob("*.yaml"))


@pytest.fixture(autouse=True)
def _no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def _check(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_what_we_ship_is_fine(file: Path) -> None:
    result = _check(file)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"{file} is fine.")


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_the_ward_of_what_we_ship_can_be_pushed_as_it_is(file: Path) -> None:
    section = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)["settings"]  # noqa: S506 - all text
    ward = load_file(file).settings.ward
    pushed = msgspec.json.encode(msgspec.structs.replace(ward, version=1))
    assert fingerprint(parse_ward(pushed)) == fingerprint(ward)
    assert [bed.id for bed in ward.beds] == [bed["id"] for bed in section["beds"]]


def test_there_is_a_shortest_one_a_whole_ward_and_the_demos() -> None:
    assert {file.stem for file in CONFIGS} >= {"minimal", "ward-8-beds", "demo"}
    assert len(load_file(CHECKOUT / "configs" / "ward-8-beds.yaml").settings.ward.beds) == 8
    assert len(load_file(CHECKOUT / "configs" / "demo.yaml").settings.ward.beds) == 4


def test_the_shortest_one_has_nothing_to_spare(tmp_path: Path) -> None:
    text = (CHECKOUT / "configs" / "minimal.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for index in range(len(lines)):
        shorter = "\n".join(lines[:index] + lines[index + 1 :])
        (tmp_path / "shorter.yaml").write_text(shorter, encoding="utf-8")
        assert _check(tmp_path / "shorter.yaml").exit_code == 1, f"works without {lines[index]!r}"


def test_the_summary_says_where_each_limit_is_from(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD, encoding="utf-8")
    lines = {line.split()[0]: line for line in _check(file).output.splitlines() if line.strip()}
    written = GOOD[: GOOD.index("    spo2-low:")].count("\n") + 1
    assert lines["spo2-low"].split()[1:] == [
        "<",
        "91",
        "20",
        "s",
        "50",
        "<",
        "86",
        "4",
        "s",
        "93",
        "high",
        f"{file}:{written}:5",
    ]
    assert lines["pulse-low"].endswith("default")
    assert set(LIMIT_RULES) <= set(lines)


def test_json_says_the_same_to_a_program(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD, encoding="utf-8")
    said = json.loads(_check(file, "--json").output)
    assert said["problems"] == []
    assert said["sha256"] == fingerprint(load_file(file).settings.ward)
    assert set(said["settings"]["limits"]) == set(LIMIT_RULES)
    assert said["limits_from"]["pulse-low"] == "default"
    file.write_text(broken(("site: st-marys", "site: st marys")), encoding="utf-8")
    result = _check(file, "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.output)["problems"]
    assert set(problem) == {"where", "path", "found", "allowed", "remedy"}


@pytest.mark.parametrize("missing", ["nowhere.yaml", ".", "/proc/self/mem"])
def test_what_cannot_be_read_is_a_problem_like_any_other(missing: str) -> None:
    result = _check(missing)
    assert result.exit_code == 1
    assert "1 problem" in result.output
    assert "Traceback" not in result.output


def test_a_gateway_without_a_ward_waits_for_one(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD[: GOOD.index("settings:")], encoding="utf-8")
    result = _check(file)
    assert result.exit_code == 0
    assert "waits for a configuration on config/desired" in result.output


def test_credentials_are_looked_at_where_systemd_provides_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    result = _check(CHECKOUT / "configs" / "ward-8-beds.yaml")
    assert result.exit_code == 1
    assert "4 problems" in result.output
