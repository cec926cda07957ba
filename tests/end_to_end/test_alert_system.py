"""`birth` over a real broker: which alert system this is, in each transition, and an alert that nobody hears."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Heard, Listener
from tests.end_to_end.house import ROOT, AgentProcess, Playing, bodies, configuration
from tests.end_to_end.test_receipts import births, wait_for
from tests.links.pty import PtyDevice

LIMITS = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}


def frames() -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(200) for _, data in encoder.encode(Sample(values={"spo2": 80, "pulse_rate": 72}))]


def listening(consumer: str) -> bytes:
    head = {"schema": "bedside/listening/1", "request": consumer, "expires_at": "2099-01-01T00:00:00Z"}
    return json.dumps({**head, "consumer": consumer, "for_s": 300}).encode()


def test_birth_is_honest_with_nobody_a_display_a_nurse_and_a_broker_that_went_away(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    sound = tmp_path / "sound"
    code = "import sys, time; open(sys.argv[1], 'w').write('sounds'); time.sleep(600)"
    with Broker() as broker, Listener(broker.port, ROOT + "birth") as screen, device:
        config = configuration(
            broker.port,
            link,
            settings={"limits": LIMITS, "consumers": [{"id": "nurse-app", "role": "nurse"}]},
            consumers=["screen"],
            local_output=[sys.executable, "-c", code, str(sound)],
        )

        def becomes(system: str, *listeners: str, after: int = 0) -> None:
            def said(heard: list[Heard]) -> bool:
                return len(bodies(heard, "birth")) > after and births(heard)[-1] == (system, listeners)

            screen.wait(said, f"not {system}: {births(screen.heard)}")

        with AgentProcess(tmp_path, config) as agent, Playing(device, frames(), 0.2):
            becomes("DIS")
            wait_for(lambda: '"nobody listens"' in agent.log and sound.exists(), agent)
            with Listener(broker.port, ROOT + "bed/#"):  # else the next alert would take it back
                screen.publish(ROOT + "listener/screen", listening("screen"))
                becomes("DAS", "screen")
                screen.publish(ROOT + "listener/nurse-app", listening("nurse-app"))
                becomes("CDAS", "nurse-app", "screen")
                before = len(bodies(screen.heard, "birth"))
                broker.kill()
                wait_for(lambda: '"condition": "broker-unreachable"' in agent.log, agent)
                broker.start()
                becomes("DIS", after=before)
            assert agent.stop() == 0
