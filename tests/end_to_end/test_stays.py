"""A patient over a real broker: admitted, limited, moved while alerting, the gateway killed in between, discharged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Listener
from tests.end_to_end.house import ROOT, AgentProcess, Playing, arrived, bodies, configuration
from tests.links.pty import PtyDevice

LIMITS = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}
CONSUMERS = [{"id": "nurse-app", "role": "nurse"}]


def frames(spo2: int) -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(400) for _, data in encoder.encode(Sample(values={"spo2": spo2, "pulse_rate": 72}))]


def ask(screen: Listener, name: str, bed: str, **more: object) -> dict[str, Any]:
    """Send a command and return its answer, which says that it was done."""
    head = {"schema": f"bedside/command-{name}/1", "request": name, "expires_at": "2099-01-01T00:00:00Z"}
    body = {**head, "consumer": "nurse-app", "person": "nurse-7", "bed": bed, **more}
    screen.publish(f"{ROOT}command/{name}", json.dumps(body).encode())
    screen.wait(arrived(f"command/{name}/result", lambda answer: answer["request"] == name), f"no answer to {name}")
    answer = bodies(screen.heard, f"command/{name}/result")[-1]
    assert answer["done"], answer
    return answer


def snapshot(screen: Listener, bed: str) -> dict[str, Any]:
    return bodies(screen.heard, f"bed/{bed}/alerts")[-1]


def low(body: dict[str, Any]) -> bool:
    return bool(body["condition"] == "spo2-low")


def test_a_patient_who_moves_while_alerting_is_whole_in_the_new_bed_also_after_a_kill(tmp_path: Path) -> None:
    devices = {bed: PtyDevice(tmp_path / f"link{bed}") for bed in ("3", "4")}
    links = [
        {"id": f"link{bed}", "bed": bed, "family": "sensor_link", "port": str(device.path)}
        for bed, device in devices.items()
    ]
    settings = {"limits": LIMITS, "consumers": CONSUMERS}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, devices["3"], devices["4"]:
        config = configuration(broker.port, *links, settings=settings)
        with AgentProcess(tmp_path, config) as agent, Playing(devices["3"], frames(80), 0.2):
            screen.wait(arrived("bed/3/vitals", lambda body: bool(body["streams"])), "no vitals")
            ask(screen, "admit", "3", encounter="stay-a", age_years=70)
            ask(screen, "limits", "3", limits={"pulse-high": {"limit": 120}})
            ask(screen, "observe", "3", consciousness="V")
            high = arrived(
                "bed/3/alert", lambda b: low(b) and b["priority"] == "high" and b.get("encounter") == "stay-a"
            )
            screen.wait(high, "no high alert of the admitted patient")
            moved = ask(screen, "transfer", "3", to="4")
            agent.kill()
            before = len(bodies(screen.heard, "bed/4/alerts"))
            agent.start()
            screen.wait(arrived("bed/4/alert", low), "the alert does not go on in bed 4")
            screen.wait(arrived("bed/3/alert", lambda b: low(b) and b["phase"] == "end"), "it does not end in bed 3")
            start = next(body for body in bodies(screen.heard, "bed/4/alert") if low(body))
            ended = [body for body in bodies(screen.heard, "bed/3/alert") if low(body)][-1]
            assert (start["phase"], start["encounter"], start["began_us"]) == ("start", "stay-a", ended["began_us"])
            assert ended["end_reason"] == "transferred to bed 4"
            assert abs(start["raised_us"] - moved["monotonic_us"]) < 1_000_000
            screen.wait(lambda heard: len(bodies(heard, "bed/4/alerts")) > before, "no snapshot after the kill")
            screen.wait(lambda heard: bodies(heard, "bed/3/alerts")[-1]["state"] == "unassigned", "bed 3 is not empty")
            there = snapshot(screen, "4")
            assert there["encounter"] == "stay-a"
            assert there["own_limits"]["limits"] == {"pulse-high": {"limit": 120, "deep_limit": 150}}
            (kept,) = (alert for alert in there["alerts"] if low(alert))
            assert kept["event_id"] == start["event_id"]
            assert "alerts" in snapshot(screen, "3")
            assert snapshot(screen, "3")["alerts"] == []
            ask(screen, "discharge", "4")
            screen.wait(lambda heard: bodies(heard, "bed/4/alerts")[-1]["state"] == "unassigned", "not discharged")
            assert {"encounter", "own_limits"}.isdisjoint(snapshot(screen, "4"))
            assert agent.stop() == 0
