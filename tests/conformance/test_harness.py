"""The suite runs on folders nobody here has seen, and what it does not know it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conformance import evidence
from tests.paths import CHECKOUT, captures


def write_case(folder: Path, name: str, input_hex: str, expected: dict[str, object]) -> None:
    folder.mkdir(exist_ok=True)
    case = {"id": name, "direction": "device->host", "input_hex": input_hex, "expected": expected}
    (folder / f"{name}.json").write_text(json.dumps(case), "utf-8")


def run(captures: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/conformance/test_conformance.py"]
    done = subprocess.run(
        [*command, "--captures", str(captures)], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_another_folder_is_checked_and_the_unknown_is_told(tmp_path: Path) -> None:
    heart, oximeter = tmp_path / "ble_2a37_heart_rate", tmp_path / "ble_2a5f_plx_continuous"
    write_case(heart, "right", "0650", {"hr": 80, "contact": True})
    write_case(heart, "wrong", "0650", {"hr": 81})
    write_case(heart, "unknown_field", "0650", {"hr": 80, "mood": "good"})
    write_case(heart, "no_error", "0650", {"error": True})
    write_case(oximeter, "right", "0061004800", {"spo2": 97, "pulse_rate": 72.0})
    write_case(tmp_path / "tricorder", "any", "00", {"everything": 42})

    code, said = run(tmp_path)

    assert code == 1
    failed = {line.split("[")[1].split("]")[0] for line in said.splitlines() if line.startswith("FAILED")}
    assert failed == {f"ble_2a37_heart_rate/{name}" for name in ("wrong", "unknown_field", "no_error")}
    assert "fields nobody here knows: ['mood']" in said
    assert "tricorder: not supported yet" in said


def test_a_folder_that_is_not_there_is_an_error_not_a_skip(tmp_path: Path) -> None:
    code, said = run(tmp_path / "nowhere")
    assert code != 0
    assert "no such folder" in said


def test_the_page_of_devices_tells_the_cases_that_there_are() -> None:
    counted = json.loads(evidence.COUNTED.read_text("utf-8"))
    assert counted == evidence.count(captures()), "count anew: python -m tests.conformance.evidence"
