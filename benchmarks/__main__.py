"""`make bench`: the whole agent against the naive script, alternating in one run.

Prints figures and ratios; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.feeder import Feeder
from tests.broker import Broker

TICKS = 100
"""Clock ticks a second in /proc (USER_HZ, proc(5))."""

SETTLE_S = 5.0


class Figures(NamedTuple):
    """One run.

    CPU seconds per 1,000 samples, ms from byte to subscriber (p50), MiB resident, bytes written a second.
    """

    cpu: float
    p50: float
    memory: float
    written: float
    delivered: float


def main() -> None:
    """Run both in turn and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--beds", type=int, default=8)
    parser.add_argument("--hz", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    runs: dict[str, list[Figures]] = {"naive": [], "agent": []}
    for turn in range(asked.rounds):
        for name, found in runs.items():
            print(f"round {turn + 1} of {asked.rounds}: {name} for {asked.seconds:.0f} s ...", flush=True)
            found.append(measure(name, asked.beds, asked.hz, asked.seconds))
    show(runs, asked.beds)


def measure(name: str, beds: int, hz: float, seconds: float) -> Figures:
    """Run one of the two for a while against a broker of its own."""
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        feeder = Feeder(beds, hz, text=name == "naive")
        arrived: list[tuple[int, int, float]] = []
        listener = listen(broker.port, name, arrived)
        command = (
            naive(broker.port, feeder.ports) if name == "naive" else agent(broker.port, feeder.ports, Path(folder))
        )
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
            feeder.start()
            time.sleep(SETTLE_S)
            before, samples, seen = usage(process.pid), feeder.samples, len(arrived)
            time.sleep(seconds)
            after, memory = usage(process.pid), resident(process.pid)
            samples, seen = feeder.samples - samples, len(arrived) - seen
            process.terminate()
            process.wait(20)
        feeder.stop()
        listener.loop_stop()
        delays = [at - feeder.sent[bed, seq] for bed, seq, at in arrived if (bed, seq) in feeder.sent]
        return Figures(
            cpu=(after[0] - before[0]) / samples * 1000,
            p50=statistics.median(delays) * 1000 if delays else float("nan"),
            memory=memory / 2**20,
            written=(after[1] - before[1]) / seconds,
            delivered=seen / samples,
        )


def naive(port: int, ports: list[str]) -> list[str]:
    """Return the naive script's command line."""
    return [sys.executable, "-m", "benchmarks.naive", str(port), *ports]


def agent(port: int, ports: list[str], folder: Path) -> list[str]:
    """Write a configuration and return the agent's command line."""
    beds = [{"id": f"bed{n}"} for n in range(1, len(ports) + 1)]
    devices = [
        {"id": f"link{n}", "bed": f"bed{n}", "family": "sensor_link", "port": path} for n, path in enumerate(ports, 1)
    ]
    config = {
        "config_schema": 1,
        "site": "BENCH",
        "ward": "W1",
        "gateway": "gw1",
        "broker": {"host": "127.0.0.1", "port": port},
        "settings": {"beds": beds, "devices": devices},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    (folder / "state").mkdir()
    state = str(folder / "state")
    return [sys.executable, "-m", "edge_agent.cli.main", "run", "--config", str(path), "--state", state]


def listen(port: int, name: str, arrived: list[tuple[int, int, float]]) -> mqtt.Client:
    """Subscribe and note (bed, sequence number, when) of everything that arrives."""
    subscribed = threading.Event()

    def on_message(_client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        at = time.monotonic()
        body = json.loads(message.payload)
        if name == "naive":
            arrived.append((int(body["bed"][3:]), int(body["SEQ"]), at))
            return
        value = next((s.get("value") for s in body["streams"] if s["vital"] == "perfusion_index"), None)
        if value is not None:
            arrived.append((int(message.topic.split("/")[-2][3:]), round(value * 100), at))

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    client.subscribe("ward/+" if name == "naive" else "bedside/v1/+/+/+/bed/+/vitals", qos=1)
    subscribed.wait(10)
    return client


def usage(pid: int) -> tuple[float, int]:
    """Return CPU seconds and bytes written so far by a process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    lines = Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines()
    written = next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
    return (int(fields[11]) + int(fields[12])) / TICKS, written


def resident(pid: int) -> int:
    """Return resident bytes of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) * 1024


def show(runs: dict[str, list[Figures]], beds: int) -> None:
    """Print the medians, and the agent as a ratio of the naive script."""
    middle = {name: Figures(*map(statistics.median, zip(*found, strict=True))) for name, found in runs.items()}
    one, other = middle["agent"], middle["naive"]
    print(f"\n{'':34}{'naive':>10}{'agent':>10}{'ratio':>8}")
    rows = (
        ("CPU s per 1,000 samples", other.cpu, one.cpu),
        ("byte to subscriber p50, ms", other.p50, one.p50),
        ("resident memory, MiB", other.memory, one.memory),
        ("messages per sample", other.delivered, one.delivered),
    )
    for title, theirs, ours in rows:
        print(f"{title:34}{theirs:10.2f}{ours:10.2f}{ours / theirs:8.2f}")
    print(f"{'bytes written per bed-day, MB':34}{'-':>10}{one.written * 86400 / beds / 1e6:10.2f}")


if __name__ == "__main__":
    main()
