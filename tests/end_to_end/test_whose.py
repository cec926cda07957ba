"""Whose values are these: another device on the cable, and a device that goes from bed to bed, from bytes to broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Heard, Listener
from tests.end_to_end.house import ROOT, AgentProcess, Playing, arrived, bodies, configuration, value
from tests.links.pty import PtyDevice

CLAIM = {
    "schema": "bedside/command-claim/1",
    "consumer": "tablet",
    "expires_at": "2099-01-01T00:00:00Z",
    "bed": "3",
    "device": "spot",
    "person": "nurse7",
}


def frames(family: str, values: dict[str, int]) -> list[bytes]:
    return [data for _, data in FAMILIES[family].encoder().encode(Sample(values=values))]


def heard_of(agent: AgentProcess, device: str) -> bool:
    """Tell whether the agent has logged that a device speaks."""
    return any(device in line and "streaming" in line for line in agent.log.splitlines())


def answered(request: str) -> Callable[[list[Heard]], bool]:
    return arrived("command/claim/result", lambda body: bool(body["request"] == request))


def test_the_wrong_device_reaches_no_bed_and_a_claimed_measurement_reaches_its_own(tmp_path: Path) -> None:
    fixed, carried = PtyDevice(tmp_path / "link"), PtyDevice(tmp_path / "spot")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(fixed.path), "expected": {"serial": "0002"}}
    spot = {"id": "spot", "family": "nonin_df13", "port": str(carried.path), "shared": True}

    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, fixed, carried:
        config = configuration(broker.port, link)
        config["settings"]["devices"].append(spot)
        with AgentProcess(tmp_path, config) as agent, Playing(fixed, frames("sensor_link", {"spo2": 71}) * 50, 0.1):
            screen.wait(
                arrived("bed/3/alert", lambda body: body["condition"] == "wrong-device-link3"), "not refused: no alert"
            )
            screen.wait(
                arrived("bed/3/vitals", lambda body: any(each["device"] == "link3" for each in body["links"])), "silent"
            )
            for request in ("c1", "c2"):
                if request == "c2":
                    for data in frames("nonin_df13", {"spo2": 93, "pulse_rate": 66}):
                        carried.write(data)
                    screen.wait(lambda _: heard_of(agent, "spot"), "the spot device is not heard")
                screen.publish(ROOT + "command/claim", json.dumps({**CLAIM, "request": request}).encode())
                screen.wait(answered(request), "no answer")
            screen.wait(
                arrived("bed/3/vitals", lambda body: value(body, "spo2") == 93), "the claimed value is not shown"
            )
            agent.stop()
        seen = bodies(screen.heard, "bed/3/vitals")
        results = bodies(screen.heard, "command/claim/result")
    assert {value(body, "spo2") for body in seen} == {None, 93}
    assert {stream["person"] for body in seen for stream in body["streams"]} == {"nurse7"}
    assert [body["done"] for body in results] == [False, True]
    assert results[0]["errors"] == ["nothing of spot waits: a measurement can be claimed once, within 120 s"]
    (raised, *_) = bodies(screen.heard, "bed/3/alert")
    assert "wrong device: expected serial 0002, found 0001" in json.dumps(raised)
