"""`edge-agent decode` from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_agent.cli.main import main
from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.links.pty import PtyDevice
from tests.paths import captures


def decode(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["decode", *map(str, arguments)])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def capture() -> Path:
    return captures("contec_cms50_9byte")


def test_a_capture_gives_the_same_readings_as_bytes_and_as_hex_text(capture: Path) -> None:
    raw = decode("contec_cms50_9byte", capture / "cms50e_live_capture.bin")
    text = decode("contec_cms50_9byte", capture / "cms50e_live_capture.hex")
    assert (raw.exit_code, raw.stdout) == (0, text.stdout)
    events = lines(raw.stdout)
    spo2 = [event for event in events if event.get("vital") == "spo2"]
    assert len(spo2) == 101
    assert spo2[-1] == {
        "event": "reading",
        "vital": "spo2",
        "value": 99,
        "unit": "%",
        "frame": 102,
        "validity": "valid",
        "reason": "ok",
    }
    assert events[-1] == {"event": "malformed", "why": "incomplete", "dropped": 4}
    assert raw.stderr == "303 readings, 202 of them valid; 1 malformed, 4 bytes dropped\n"


def test_decimals_are_in_the_vital_s_unit(tmp_path: Path) -> None:
    encoder = FAMILIES["sensor_link"].encoder()
    sample = Sample({"temperature": 372, "spo2": 97})
    (tmp_path / "bytes").write_bytes(b"".join(data for _ in range(3) for _, data in encoder.encode(sample)))
    events = lines(decode("sensor_link", tmp_path / "bytes").stdout)
    assert {(event["value"], event["unit"]) for event in events if event.get("vital") == "temperature"} == {
        (37.2, "Cel")
    }


def test_each_line_of_hex_is_one_notification_and_raw_bytes_are_one(tmp_path: Path) -> None:
    (tmp_path / "hex").write_text("00 55\n\n1F0101320101000201FFFF\n170101\n")
    result = decode("bluetooth_heart_rate", tmp_path / "hex")
    rates = [event["value"] for event in lines(result.stdout) if event["event"] == "reading"]
    assert rates == [85, 257]
    assert {"event": "malformed", "why": "truncated", "dropped": 3} in lines(result.stdout)
    (tmp_path / "raw").write_bytes(bytes.fromhex("0055"))
    assert '"value":85' in decode("bluetooth_heart_rate", tmp_path / "raw").stdout


def test_another_characteristic_can_be_named_and_0_is_a_value(tmp_path: Path) -> None:
    (tmp_path / "battery").write_bytes(b"\x00")
    for channel in ("2a19", "00002A19-0000-1000-8000-00805f9b34fb"):
        result = decode("bluetooth_heart_rate", tmp_path / "battery", "--channel", channel)
        assert lines(result.stdout) == [{"event": "status", "conditions": [], "battery": 0, "low_battery": True}]
    result = decode("bluetooth_heart_rate", tmp_path / "battery", "--channel", "2a99")
    assert result.exit_code == 2
    assert "00002a37-0000" in result.stderr


def test_what_the_file_holds_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"55")
    guessed = decode("bluetooth_heart_rate", tmp_path / "file")
    assert decode("bluetooth_heart_rate", tmp_path / "file", "--hex").stdout == guessed.stdout
    assert decode("bluetooth_heart_rate", tmp_path / "file", "--raw").stdout != guessed.stdout
    (tmp_path / "file").write_bytes(b"00\n5x")
    result = decode("bluetooth_heart_rate", tmp_path / "file", "--hex")
    assert result.exit_code == 1
    assert "line 2 is not hex: b'5x'" in result.stderr


def test_an_unknown_family_is_answered_with_the_known_ones() -> None:
    result = decode("abacus")
    assert result.exit_code == 2
    assert all(name in result.stderr for name in FAMILIES)


def test_a_line_can_be_watched(tmp_path: Path, capture: Path) -> None:
    sent = (capture / "cms50e_live_capture.bin").read_bytes()
    program = [str(Path(sys.executable).with_name("edge-agent")), "decode", "contec_cms50_9byte"]
    with (
        PtyDevice(tmp_path / "tty") as device,
        device.path.open("rb", buffering=0) as line,
        subprocess.Popen(program, stdin=line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching,
    ):
        assert watching.stdout is not None
        device.write(sent[:18])
        first = [json.loads(watching.stdout.readline()) for _ in range(4)]
        assert [event.get("value") for event in first] == [None, 99, 60, None]
        device.unplug()
        rest, summary = watching.communicate(timeout=20)
    assert (rest, watching.returncode) == (b"", 0)
    assert summary == b"3 readings, 2 of them valid; 0 malformed, 0 bytes dropped\n"
