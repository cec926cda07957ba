"""A model on trial speaks apart and never alerts; a spoilt one is refused with an alert, and rule scores go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from edge_agent.risk.bundle import GOLDEN
from tests.broker import Broker, Heard, Listener
from tests.end_to_end.house import ROOT, AgentProcess, Playing, arrived, bodies, configuration
from tests.end_to_end.test_service import frames, push
from tests.links.pty import PtyDevice
from tests.risk.bundles import SHIPPED, edit

VALUES = {"spo2": 96, "heart_rate": 80, "respiratory_rate": 16, "temperature": 370, "systolic": 120}


def _spoilt(folder: Path) -> str:
    """Put a bundle that does not reproduce itself among the site's own, and return its name."""
    own = shutil.copytree(SHIPPED, folder / "state" / "models" / "spoilt")
    edit(own / GOLDEN, lambda golden: golden["vectors"][3].update(output="fw=="))
    return own.name


def _rule_without_risk(body: dict[str, Any]) -> bool:
    return bool(body["rule"]) and body.get("abstention", {}).get("cause") == "no-model"


def test_a_model_on_trial_speaks_apart_and_a_spoilt_model_is_refused(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    trial = {"shadow_model": SHIPPED.name, "risk_alert_probability": 0.000001}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, device:
        config = configuration(broker.port, link, accept_unsigned_config=True, settings=trial)
        spoilt = _spoilt(tmp_path)
        with AgentProcess(tmp_path, config) as agent, Playing(device, frames(VALUES), 0.2):
            screen.wait(arrived("bed/3/shadow", lambda body: bool(body.get("risk"))), "the model on trial is silent")
            screen.wait(arrived("bed/3/alert", lambda body: body["condition"] == "risk"), "the model in use is silent")
            settings = {**config["settings"], "model": spoilt}
            screen.publish(ROOT + "config/desired", push(5, settings))
            screen.wait(arrived("alert", lambda body: body["condition"] == "model-refused"), "nobody was told")
            screen.publish(ROOT + "command/observe", _observation())
            screen.wait(arrived("bed/3/score", _rule_without_risk), "rule scores did not go on")
            agent.stop()
        _check(screen.heard, agent)


def _observation() -> bytes:
    """Return what a nurse sends, which asks for a new score at once."""
    body = {"schema": "bedside/command-observe/1", "request": "o1", "consumer": "tablet", "bed": "3", "person": "n7"}
    return json.dumps({**body, "expires_at": "2099-01-01T00:00:00Z", "consciousness": "A"}).encode()


def _check(heard: list[Heard], agent: AgentProcess) -> None:
    (shadow,) = {body["risk"]["model"] for body in bodies(heard, "bed/3/shadow") if "risk" in body}
    assert shadow == SHIPPED.name
    scored = {body["risk"]["model"] for body in bodies(heard, "bed/3/score") if "risk" in body}
    assert scored == {"news2-7-within-6h-cnn"}
    advice = [body for body in bodies(heard, "bed/3/alert") if body["condition"] == "risk"]
    used = next(body["risk"] for body in bodies(heard, "bed/3/score") if "risk" in body)
    assert {body["probability"] for body in advice} == {used["probability"]}
    refused = next(body for body in bodies(heard, "alert") if body["condition"] == "model-refused")
    assert "golden.json vector 3" in refused["text"]
    told = bodies(heard, "model")
    assert told[0]["shadow"]["name"] == SHIPPED.name
    assert told[0]["used"]["name"] == "news2-7-within-6h-cnn"
    assert "golden.json vector 3" in told[-1]["used"]["refused"]
    assert "model" not in bodies(heard, "birth")[-1]
    assert "model refused" in agent.log
