"""Alerts while the broker is away: durable from the first one, and all there after a kill, each event once."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from edge_agent.gateway.store.store import FILE_NAME
from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Heard, Listener, free_port
from tests.end_to_end.house import ROOT, AgentProcess, Playing, bodies, configuration
from tests.links.pty import PtyDevice

LOW = {"spo2": 84, "pulse_rate": 72}
FAST = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}


def frames(values: dict[str, int]) -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(200) for _, data in encoder.encode(Sample(values=values))]


def everything_said(heard: list[Heard]) -> list[dict[str, Any]]:
    return bodies(heard, "bed/3/alert") + bodies(heard, "history/bed/3/alert")


def test_killed_with_unsent_alerts_and_started_again(tmp_path: Path) -> None:
    """The broker is away from the very start; the first run is killed; the second one reaches the broker."""
    device = PtyDevice(tmp_path / "link")
    config = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    port = free_port()
    agent = AgentProcess(tmp_path, configuration(port, config, settings={"limits": FAST}))
    with device, agent:
        with Playing(device, frames(LOW), 0.2):
            wait_for_stored(agent, "spo2-low")
        agent.kill()
        agent.start()
        with Broker(port=port) as broker, Listener(broker.port, ROOT + "#") as screen:
            screen.wait(lambda heard: any(e["condition"] == "spo2-low" for e in everything_said(heard)), "alert lost")
            screen.wait(lambda heard: bool(bodies(heard, "bed/3/alerts")), "no snapshot")
            screen.wait(
                lambda heard: any(e["condition"] == "spo2-low" and not e["verifiable"] for e in everything_said(heard)),
                "the restored alert does not say that its input is gone",
            )
            agent.stop()
            said = everything_said(screen.heard)
    events = [e for e in said if e["condition"] == "spo2-low"]
    assert len({e["event_id"] for e in events}) == 1
    revisions = sorted({e["revision"] for e in events})
    assert revisions == list(range(1, revisions[-1] + 1))
    assert all(e["durable"] for e in events)
    assert len({e["run"] for e in events}) == 2
    repeated = [key for key, count in Counter(e["id"] for e in said).items() if count > 1]
    assert all(len({e["revision"] for e in said if e["id"] == key}) == 1 for key in repeated)


def wait_for_stored(agent: AgentProcess, condition: str) -> None:
    """Wait until an alert of `condition` is on the disk: that it is logged a moment before does not make it durable."""
    end = time.monotonic() + 20
    while not any(json.loads(payload)["condition"] == condition for payload in stored(agent.state / FILE_NAME)):
        assert time.monotonic() < end, agent.log
        time.sleep(0.02)


def stored(file: Path) -> list[bytes]:
    """Return the payloads of the unsent alerts; none while there is no file yet."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
            return [payload for (payload,) in store.execute("SELECT payload FROM alert")]
    except sqlite3.OperationalError:
        return []
