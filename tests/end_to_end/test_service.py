"""What IT, a biomedical engineer and a privacy officer would try: push, replay, and look for secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge_agent.cli.main import main
from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Listener
from tests.end_to_end.house import ROOT, AgentProcess, Playing, arrived, bodies, configuration, value
from tests.links.pty import PtyDevice

CANARY_SECRET = "c4nary-passw0rd"  # noqa: S105 - planted to be looked for
CANARY_PERSON = "Canary-Q.Patient"
FAST = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}


def frames(values: dict[str, int]) -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(200) for _, data in encoder.encode(Sample(values=values))]


def push(version: int, settings: dict[str, Any]) -> bytes:
    head = {"schema": "bedside/config-desired/1", "request": f"push{version}", "consumer": "it"}
    body = {
        **head,
        "expires_at": "2099-01-01T00:00:00Z",
        "settings": {"config_schema": 1, "version": version, **settings},
    }
    return json.dumps(body).encode()


def test_a_bad_push_is_refused_and_a_good_one_applied_without_disturbing_the_rest(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, device:
        config = configuration(broker.port, link, accept_unsigned_config=True)
        ward = config["settings"]
        with AgentProcess(tmp_path, config) as agent, Playing(device, frames({"spo2": 97}), 0.2):
            screen.wait(arrived("bed/3/vitals", lambda body: value(body, "spo2") == 97), "no vitals")
            wrong = {**ward, "limits": {"spo2-low": {"limit": 50}}, "beds": [{"id": "3"}, {"id": "3"}]}
            screen.publish(ROOT + "config/desired", push(5, wrong))
            screen.wait(arrived("config/reported", lambda body: bool(body.get("refused"))), "not refused")
            limits = {"spo2-low": {"limit": 88}}
            screen.publish(ROOT + "config/desired", push(6, {**ward, "limits": limits}), retain=True)
            screen.wait(arrived("config/reported", lambda body: body["version"] == 6), "not applied")
            assert agent.stop() == 0
            agent.start()
            screen.wait(
                lambda heard: [body["version"] for body in bodies(heard, "config/reported")].count(6) > 1,
                "not remembered",
            )
            agent.stop()
        reports = bodies(screen.heard, "config/reported")
        links = {link["state"] for body in bodies(screen.heard, "bed/3/vitals") for link in body.get("links", ())}
    refused = next(body["refused"] for body in reports if body.get("refused"))
    assert refused["version"] == 5
    assert {fault["pointer"] for fault in refused["faults"]} >= {"/settings/limits/spo2-low/limit"}
    assert len(refused["faults"]) >= 2
    assert reports[-1]["source"] == "pushed"
    assert links <= {"streaming", "quiet", "connecting", "starting"}


def test_what_an_alert_left_behind_replays_to_the_same_effects(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, device:
        config = configuration(broker.port, link, settings={"limits": FAST})
        with AgentProcess(tmp_path, config) as agent:
            with Playing(device, frames({"spo2": 83, "heart_rate": 70, "respiratory_rate": 18}), 0.2):
                screen.wait(arrived("bed/3/alert", lambda body: body["condition"] == "spo2-low"), "no alert")
                screen.wait(
                    arrived("bed/3/score", lambda body: bool(body.get("risk") or body.get("no_risk"))), "no risk"
                )
            agent.stop()
    event = next(body for body in bodies(screen.heard, "bed/3/alert") if body["condition"] == "spo2-low")
    recording = agent.state / "recordings" / f"{event['event_id']}.rec"
    result = CliRunner().invoke(main, ["replay", str(recording)])
    assert result.exit_code == 0, result.stderr
    assert "identical" in result.stderr
    replayed = [json.loads(line) for line in result.stdout.splitlines()]
    alerts = [effect["alert"] for effect in replayed if effect["type"] == "alert"]
    assert event["event_id"] in {alert["event_id"] for alert in alerts}


def test_no_secret_and_no_name_leaves_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "broker-password").write_text(CANARY_SECRET, encoding="ascii")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, device:
        config = configuration(broker.port, link, settings={"limits": FAST})
        config["broker"] |= {"username": "gateway", "password": "broker-password"}
        with AgentProcess(tmp_path, config, "--verbose") as agent, Playing(device, frames({"spo2": 83}), 0.2):
            screen.wait(arrived("bed/3/alert", lambda body: body["condition"] == "spo2-low"), "no alert")
            for number, field in enumerate(("patient_name", "name", "mrn")):
                body = {"schema": "bedside/command-observe/1", "request": f"r{number}", "consumer": "tablet"}
                body |= {"expires_at": "2099-01-01T00:00:00Z", "bed": "3", "person": "nurse7", field: CANARY_PERSON}
                screen.publish(ROOT + "command/observe", json.dumps(body).encode())
            screen.wait(lambda heard: len(bodies(heard, "command/observe/result")) == 3, "no answers")
            agent.stop()
        said = b"".join(m.topic.encode() + m.payload for m in screen.heard if not m.topic.endswith("command/observe"))
    kept = b"".join(path.read_bytes() for path in agent.state.rglob("*") if path.is_file())
    for canary in (CANARY_SECRET, CANARY_PERSON):
        for place in (said, kept, agent.log.encode()):
            assert canary.encode() not in place
