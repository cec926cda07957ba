"""A nurse's receipt over a real broker: answered, seen by everybody, and still in force after a kill -9."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Heard, Listener, free_port
from tests.end_to_end.house import ROOT, AgentProcess, Playing, arrived, bodies, configuration
from tests.links.pty import PtyDevice

LIMITS = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}
CONSUMERS = [{"id": "nurse-app", "role": "nurse"}, {"id": "doctor-app", "role": "doctor", "tier": 2}]
FOR_S = 100


def frames() -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(200) for _, data in encoder.encode(Sample(values={"spo2": 80, "pulse_rate": 72}))]


def low(body: dict[str, Any]) -> bool:
    return bool(body["condition"] == "spo2-low")


def births(heard: list[Heard]) -> list[tuple[str, tuple[str, ...]]]:
    """Return which alert system the agent has said it is, and who listens, in order."""
    return [(body["alert_system"], tuple(body["listeners"])) for body in bodies(heard, "birth")]


def receipt(alert: dict[str, Any], request: str, outcome: str, **more: object) -> bytes:
    head = {"schema": "bedside/receipt/1", "request": request, "expires_at": "2099-01-01T00:00:00Z"}
    about = {"consumer": "nurse-app", "event_id": alert["event_id"], "revision": alert["revision"]}
    return json.dumps({**head, **about, "outcome": outcome, **more}).encode()


def test_an_acknowledgement_is_answered_shown_and_survives_a_kill_to_the_second(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    settings = {"limits": LIMITS, "consumers": CONSUMERS}
    mine = ROOT + "bed/3/receipt/nurse-app"
    with Broker() as broker, Listener(broker.port, ROOT + "#") as screen, device:
        config = configuration(broker.port, link, settings=settings)
        with AgentProcess(tmp_path, config) as agent, Playing(device, frames(), 0.2):
            screen.wait(arrived("bed/3/alert", lambda b: low(b) and b["priority"] == "high"), "no high alert")
            first = next(b for b in bodies(screen.heard, "bed/3/alert") if low(b) and b["priority"] == "high")
            person = {"person": "nurse-7", "reason": "care", "for_s": FOR_S}
            screen.publish(mine, receipt(first, "r1", "acknowledged", **person))
            answered = arrived("bed/3/receipt/nurse-app/result", lambda b: b["request"] == "r1")
            screen.wait(answered, "no answer")
            (answer,) = bodies(screen.heard, "bed/3/receipt/nurse-app/result")
            agent.kill()
            assert (answer["done"], answer["accepted_by"], answer["correlation"]) == (True, "nurse-7", "r1")
            before = len(bodies(screen.heard, "bed/3/alerts"))
            agent.start()
            screen.wait(lambda heard: len(bodies(heard, "bed/3/alerts")) > before, "no snapshot after the kill")
            screen.wait(lambda heard: births(heard)[-1] == ("DIS", ()), "a new run knows of no listener")
            held = bodies(screen.heard, "bed/3/alerts")[-1]["alerts"]
            (kept,) = (each for each in held if low(each))
            assert (kept["signal"], kept["accepted_by"]) == ("acknowledged", "nurse-7")
            assert kept["inactivation"][0]["until_us"] == answer["until_us"]
            screen.publish(mine, receipt({**kept, "revision": 1}, "r2", "accepted", person="nurse-9"))
            screen.wait(arrived("bed/3/receipt/nurse-app/result", lambda b: b["request"] == "r2"), "no answer")
            late = bodies(screen.heard, "bed/3/receipt/nurse-app/result")[-1]
            assert (late["code"], late["accepted_by"]) == ("superseded", "nurse-7")
            screen.wait(lambda heard: births(heard)[-1] == ("CDAS", ("nurse-app",)), "who listens is not said")
            assert agent.stop() == 0


def test_with_no_broker_it_sounds_at_the_gateway_and_its_button_quiets_it(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    sound, button = tmp_path / "sound", tmp_path / "button"
    code = "import sys, time; open(sys.argv[1], 'w').write(sys.argv[2]); time.sleep(600)"
    press = "until [ -e $0 ]; do sleep 0.1; done; echo pressed; sleep 600"
    config = configuration(
        free_port(),
        link,
        settings={"limits": LIMITS, "consumers": CONSUMERS},
        local_output=[sys.executable, "-c", code, str(sound), "{priority}"],
        local_input=["sh", "-c", press, str(button)],
    )
    with device, AgentProcess(tmp_path, config) as agent, Playing(device, frames(), 0.2):
        wait_for(lambda: sound.exists() and sound.read_text() in {"high", "medium"}, agent)
        button.touch()
        wait_for(lambda: '"causes": []' in agent.log, agent)
        assert agent.stop() == 0


def wait_for(holds: Any, agent: AgentProcess) -> None:  # noqa: ANN401 - any condition
    """Wait for what no broker can tell."""
    end = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < end, agent.log
        time.sleep(0.02)
