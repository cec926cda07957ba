"""The demonstration as anybody runs it: virtual devices on ptys, the real agent, a broker; nothing is pretended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.cli.stage.story import CONSEQUENCES, LENGTH_S, STEPS, Event
from tests.broker import Broker, free_port
from tests.paths import CHECKOUT

DEMO = (sys.executable, "-m", "edge_agent.cli.main", "demo")
DEAF_S = 19
"""Long enough for a probe to fall off and its bed to be not monitored."""


def started(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a demonstration whose temporary files are in `folder`."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [*DEMO, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=CHECKOUT
    )


def played(folder: Path, *options: str) -> tuple[int, list[dict[str, Any]], str]:
    """Play a demonstration to its end; return its exit code, its JSON lines, and what it complained of."""
    with started(folder, "--json", *options) as demo:
        told, complaints = demo.communicate()
    return demo.returncode, [msgspec.json.decode(line) for line in told.splitlines()], complaints.decode()


def children(pid: int) -> list[int]:
    """Return the processes that `pid` has started and that still run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


@pytest.mark.timeout(120)
def test_the_whole_story_is_played_seen_and_accounted_for(tmp_path: Path) -> None:
    code, lines, complaints = played(tmp_path, "--duration", str(LENGTH_S))
    summary = lines[-1]["summary"]
    assert (code, summary["ok"], summary["failures"], complaints) == (0, True, [], "")
    assert {(alert["bed"], alert["condition"]) for alert in summary["alerts"]} == {
        (w.bed, w.condition) for w in CONSEQUENCES
    }
    assert len({alert["event_id"] for alert in summary["alerts"]}) == len(CONSEQUENCES)
    told = [line["text"] for line in lines[:-1]]
    assert all(step.caption in told for step in STEPS)
    assert any("REFUSED: limits.spo2-low.limit = 70; allowed: 85 to 100" in text for text in told)
    assert "config version 2 APPLIED" in told
    assert list(tmp_path.iterdir()) == [], "it clears up after itself"
    _nobody_was_told_before_the_broker_was_back(lines)


def _nobody_was_told_before_the_broker_was_back(lines: list[dict[str, Any]]) -> None:
    told = [line.get("text") for line in lines]
    dies, returns = told.index(Event.BROKER_DIES.value), told.index(Event.BROKER_RETURNS.value)
    assert not [line for line in lines[dies:returns] if line["source"] == "agent"]
    kept = [line for line in lines[returns:] if line.get("bed") == "1" and line.get("condition") == "spo2-low"]
    assert kept[0]["phase"] in {"start", "escalate"}


@pytest.mark.timeout(90)
def test_it_fails_when_alerts_do_not_reach_the_subscriber(tmp_path: Path) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite #\ntopic deny bedside/v1/DEMO/+/+/bed/+/alert\n", encoding="ascii")
    rules.chmod(0o644)
    with Broker(f"acl_file {rules}") as deaf:
        options = ("--beds", "2", "--duration", str(DEAF_S), "--broker", f"127.0.0.1:{deaf.port}")
        code, lines, _ = played(tmp_path, *options)
    summary = lines[-1]["summary"]
    assert (code, summary["ok"]) == (1, False)
    assert "BED 2: no not-monitored although the probe fell off" in summary["failures"]
    assert any(failure.startswith("alert does not add up") for failure in summary["failures"])


def test_told_to_stop_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path, "--beds", "1", "--json") as demo:
        assert demo.stdout is not None
        assert b"gateway" in demo.stdout.readline().lower()
        (agent,) = children(demo.pid)
        demo.send_signal(signal.SIGINT)
        demo.communicate()
    assert demo.returncode == 130
    assert not Path(f"/proc/{agent}").exists()
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_it_prints_plain_lines(tmp_path: Path) -> None:
    with started(tmp_path, "--beds", "1", "--duration", "12") as demo:
        told = demo.communicate()[0].decode()
    assert demo.returncode == 0
    assert told.startswith("SIMULATED: site DEMO: no real patient")
    assert "BED 1: monitored: 95 %" in told
    assert "OK: every expected alert reached the subscriber" in told
    assert "\x1b" not in told


def test_a_broker_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    code, lines, complaints = played(tmp_path, "--broker", f"127.0.0.1:{port}")
    assert (code, lines) == (1, [])
    assert f"no broker at 127.0.0.1:{port}" in complaints
    assert "Traceback" not in complaints
