"""A real Mosquitto on a free loopback port, to be started, stopped, killed and frozen; and an independent subscriber.

Without Mosquitto the tests that need it are skipped, with the reason.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, final

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

DEADLINE_S = 30.0
"""How long anything may take before a test gives up; never how long a test takes."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mosquitto() -> str:
    """Return the path of Mosquitto; skip the test when there is none."""
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("Mosquitto is not installed (apt-get install mosquitto)")
    return found


@final
class Broker:
    """One Mosquitto. `extra` is appended to its configuration; the port stays the same over restarts.

    Use as a context manager. `start` after `stop` or `kill` gives a fresh process that has forgotten everything, unless
    `extra` turns persistence on.
    """

    def __init__(self, extra: str = "", *, port: int = 0, listener: str = "") -> None:
        """Prepare; `listener` replaces the plain anonymous listener's options (TLS, users)."""
        self.port = port or free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="broker-"))
        options = listener or "allow_anonymous true"
        self.config = self._folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\n{options}\n{_USER}{extra}\n", encoding="ascii")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Broker:
        """Start and wait until it accepts connections."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it and remove its files."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Return the process id of the running broker."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """Return what the broker has logged since its first start."""
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        with (self._folder / "log").open("ab") as log:
            command = [mosquitto(), "-v", "-c", str(self.config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        _until(self._accepts, f"Mosquitto does not accept connections on port {self.port}")

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it from running without closing a single connection."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one run again."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(how)
        self._process.wait(DEADLINE_S)
        self._process = None

    def _accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


_USER = f"user {'root' if os.geteuid() == 0 else 'mosquitto'}\n"


class Heard(NamedTuple):
    """One message as a subscriber got it; `properties` by paho's names, such as MessageExpiryInterval."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: dict[str, Any]


@final
class Listener:
    """An independent subscriber. It is subscribed when the constructor returns; `heard` grows from paho's thread."""

    def __init__(self, port: int, *topics: str, client_id: str = "", protocol: str = "5") -> None:
        """Connect to the broker on `port` and subscribe to `topics` (default all) with QoS 1."""
        self.heard: list[Heard] = []
        self._changed = threading.Condition()
        self._ready = False
        self._topics = [(topic, 1) for topic in topics or ("#",)]
        self._client = _client(client_id, protocol)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.wait(lambda _: self._ready, "the subscription was not confirmed")

    def __enter__(self) -> Listener:
        """Return itself, subscribed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect, and break the cycle with paho: it closes its own sockets when its last reference goes."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None

    def wait(
        self, enough: Callable[[list[Heard]], bool], what: str = "it did not arrive", within_s: float = DEADLINE_S
    ) -> list[Heard]:
        """Return all messages as soon as `enough` of them holds; fail after the deadline."""
        with self._changed:
            there = self._changed.wait_for(lambda: enough(self.heard), within_s)
            assert there, f"{what}; heard {len(self.heard)} messages, at last {self.heard[-5:]}"
            return list(self.heard)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker's receipt."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(DEADLINE_S)

    def _on_connect(self, client: paho.Client, _u: object, _f: object, _r: ReasonCode, _p: Properties | None) -> None:
        client.subscribe(self._topics)

    def _on_subscribe(self, _c: paho.Client, _u: object, _m: int, _r: list[ReasonCode], _p: Properties | None) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _on_message(self, _c: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        known = {} if message.properties is None else _named(message.properties)
        with self._changed:
            self.heard.append(Heard(message.topic, bytes(message.payload), message.qos, message.retain, known))
            self._changed.notify_all()


def _client(client_id: str, protocol: str) -> paho.Client:
    if protocol == "5":
        return paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    return paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv311)


def _until(holds: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.01)  # there is no event to wait for: another process opens its port


def _named(properties: Properties) -> dict[str, Any]:
    return {name: value for name, value in vars(properties).items() if name[0].isupper()}
