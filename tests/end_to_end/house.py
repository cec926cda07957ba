"""The agent as a process of its own, with a configuration, a state directory and a device to play with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, final

from tests.broker import Heard
from tests.links.pty import PtyDevice
from tests.paths import CHECKOUT

ROOT = "bedside/v1/TEST/W1/gw1/"
DEADLINE_S = 20.0


def configuration(port: int, *devices: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any setting
    """Return a gateway's file as an object: every device's bed is there, SpO2 is required."""
    beds = [{"id": name} for name in dict.fromkeys(device["bed"] for device in devices)]
    local = {"site": "TEST", "ward": "W1", "gateway": "gw1", "broker": {"host": "127.0.0.1", "port": port}}
    ward = {"beds": beds, "devices": list(devices), **more.pop("settings", {})}
    return {"config_schema": 1, **local, **more, "settings": ward}


@final
class AgentProcess:
    """`edge-agent run` in `folder`. Killed at the end of the `with` block if it still runs."""

    def __init__(self, folder: Path, config: dict[str, Any], *options: str) -> None:
        """Write the configuration; nothing runs yet."""
        self._options = options
        self.folder = folder
        self.state = folder / "state"
        self._config = folder / "config.yaml"
        self._config.write_text(json.dumps(config), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> AgentProcess:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def start(self) -> None:
        """Start it, its log appended to a file."""
        command = [sys.executable, "-m", "edge_agent.cli.main", "run", "--config", str(self._config)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--state", str(self.state), *self._options], stdout=log, stderr=log, cwd=CHECKOUT
            )

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """Kill it at once."""
        return self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """Return the running process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Return what it has logged so far."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(DEADLINE_S)


@final
class Playing:
    """A device that sends the same chunks over and over, one every `period` seconds, until it is stopped."""

    def __init__(self, device: PtyDevice, chunks: Iterable[bytes], period: float) -> None:
        """Take the chunks; `with` starts to send them."""
        self._device, self._chunks, self._period = device, list(chunks), period
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play)

    def __enter__(self) -> Playing:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait until the last chunk is out."""
        self._stop.set()
        self._thread.join()

    def _play(self) -> None:
        while True:
            for chunk in self._chunks:
                if self._stop.wait(self._period):
                    return
                self._device.write(chunk)


def bodies(heard: list[Heard], topic: str) -> list[dict[str, Any]]:
    """Return the payloads of one topic below the root, in order of arrival."""
    return [json.loads(message.payload) for message in heard if message.topic == ROOT + topic]


def arrived(topic: str, fits: Callable[[dict[str, Any]], bool]) -> Callable[[list[Heard]], bool]:
    """Return a condition for `Listener.wait`: a payload of `topic` that `fits` is there."""
    return lambda heard: any(fits(body) for body in bodies(heard, topic))


def value(body: dict[str, Any], vital: str) -> float | None:
    """Return the present value of one vital in a vitals payload."""
    found: float | None = next((s["value"] for s in body["streams"] if s["vital"] == vital), None)
    return found
