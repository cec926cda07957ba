"""A real oximeter's recorded bytes go in over a real line.

Vitals, and what follows when it is pulled, come out on a broker.
"""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.broker import Broker, Listener
from tests.end_to_end.house import AgentProcess, Playing, arrived, bodies, configuration, value
from tests.links.pty import PtyDevice
from tests.paths import captures

SECONDS = 20
FRAME = 9
PERIOD = 1 / 60
DEADLINE_US = 11_000_000
"""SpO2 may be 10 s old; a second later the bed is NOT-MONITORED."""

FRESH_US = 200_000
"""A value this young came from a device that was still sending."""


def age_us(body: dict[str, Any]) -> int:
    """Return the age of SpO2 in a vitals payload."""
    return next(int(stream["age_ms"]) * 1000 for stream in body["streams"] if stream["vital"] == "spo2")


def test_the_recorded_oximeter_and_then_its_cable_is_pulled(tmp_path: Path) -> None:
    recorded = (captures("contec_cms50_9byte") / "cms50e_live_capture.bin").read_bytes()
    frames = [recorded[at : at + FRAME] for at in range(0, len(recorded) - FRAME + 1, FRAME)]
    device = PtyDevice(tmp_path / "oximeter")
    config = {"id": "oxi3", "bed": "3", "family": "contec_cms50_9byte", "port": str(device.path)}
    with Broker() as broker, Listener(broker.port) as screen, device:
        with AgentProcess(tmp_path, configuration(broker.port, config)) as agent:
            with Playing(device, frames, PERIOD):
                screen.wait(arrived("bed/3/vitals", lambda body: value(body, "spo2") is not None), "no SpO2")
                first = len(bodies(screen.heard, "bed/3/vitals"))
                time.sleep(SECONDS)  # what is tested is what the agent says in this time
            device.unplug()
            screen.wait(arrived("bed/3/alert", lambda body: body["condition"] == "not-monitored"), "not noticed", 20)
            screen.wait(arrived("bed/3/alerts", lambda body: not body["monitored"]), "no snapshot says so")
            assert agent.stop() == 0
        heard = list(screen.heard)
    vitals = bodies(heard, "bed/3/vitals")
    live = [body for body in vitals[first:] if value(body, "spo2") is not None]
    assert all((value(body, "spo2"), value(body, "pulse_rate")) == (99, 60) for body in live)
    playing = [body for body in live if age_us(body) < FRESH_US]
    steps = [b["monotonic_us"] - a["monotonic_us"] for a, b in pairwise(playing)]
    assert len(playing) >= SECONDS
    assert all(900_000 <= step <= 1_100_000 for step in steps), steps
    seen = live[-1]["monotonic_us"] - age_us(live[-1])
    raised = next(body for body in bodies(heard, "bed/3/alert") if body["condition"] == "not-monitored")
    assert raised["phase"] == "start"
    assert DEADLINE_US - 1_000_000 < raised["raised_us"] - seen <= DEADLINE_US + 1_000_000
    assert str(device.path) in raised["text"]
    assert "last valid SpO2 99 %" in raised["text"]
    assert bodies(heard, "state")[-1]["state"] == "stopped"
