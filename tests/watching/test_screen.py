"""The real command in a real terminal, at a real broker, before a real agent."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from firmware_bridges.bridge import Sample
from firmware_bridges.families import FAMILIES
from tests.broker import Broker, Heard, Listener
from tests.end_to_end.house import DEADLINE_S, ROOT, AgentProcess, Playing, arrived, configuration
from tests.links.pty import PtyDevice
from tests.paths import CHECKOUT

PATIENCE_S = 3 * DEADLINE_S
"""Two programs start on a machine that may be busy, and a will is published ten seconds after its gateway was lost."""

FAST = {"spo2-low": {"limit": 90, "delay_s": 0, "deep_limit": 85, "deep_delay_s": 0}}


class Terminal:
    """A terminal with `edge-agent watch` in it: what was typed, and all that was ever drawn."""

    def __init__(self, port: int, *options: str, **settings: str) -> None:
        self._master, slave = pty.openpty()
        size = {"COLUMNS": "160", "LINES": "50", "TERM": "xterm-256color", **settings}
        command = [sys.executable, "-m", "edge_agent.cli.main", "watch", f"127.0.0.1:{port}", *options]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=CHECKOUT, env={**os.environ, **size}
        )
        os.close(slave)

        self._fresh = ""
        self._drawn = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def shows(self, text: str) -> str:
        """Wait until `text` has been drawn since the last wait, and return all that was."""
        with self._drawn:
            drawn = self._drawn.wait_for(lambda: text in self._fresh, PATIENCE_S)
            fresh, self._fresh = self._fresh, ""
        assert drawn, f"{text!r} was never drawn; last: {fresh[-3000:]}"
        return fresh

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE_S)
        self._reader.join()
        os.close(self._master)

    def _read(self) -> None:
        """Read all the time: a program whose terminal takes nothing stands still."""
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the terminal's other end is closed
                return
            with self._drawn:
                self._fresh += data.decode(errors="replace")
                self._drawn.notify_all()


@contextmanager
def terminal(port: int, *options: str, **settings: str) -> Iterator[Terminal]:
    each = Terminal(port, "--site", "TEST", "--ward", "W1", *options, **settings)
    try:
        yield each
    finally:
        each.close()


def frames(values: dict[str, int]) -> list[bytes]:
    encoder = FAMILIES["sensor_link"].encoder()
    return [data for _ in range(200) for _, data in encoder.encode(Sample(values=values))]


def receipts(heard: list[Heard], outcome: str) -> list[dict[str, object]]:
    bodies = [json.loads(m.payload) for m in heard if m.topic == f"{ROOT}bed/3/receipt/desk"]
    return [body for body in bodies if body["outcome"] == outcome]


def test_a_nurse_sees_an_alert_accepts_it_by_name_and_sees_when_nothing_is_known_any_more(tmp_path: Path) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    with Broker() as broker, Listener(broker.port, ROOT + "#") as witness, device:
        desk = {"id": "desk", "role": "nurse"}
        config = configuration(broker.port, link, settings={"limits": FAST, "consumers": [desk]})
        with (
            terminal(broker.port, "--consumer", "desk") as screen,
            AgentProcess(tmp_path, config) as agent,
            Playing(device, frames({"spo2": 82}), 0.2),
        ):
            screen.shows("BED 3: SpO2 82 %")
            witness.wait(lambda heard: bool(receipts(heard, "received")), "no receipt that it arrived")
            screen.type("a")
            screen.shows("staff id")
            screen.type("nurse-7\r")
            accepted = witness.wait(lambda heard: bool(receipts(heard, "accepted")), "not accepted")
            assert receipts(accepted, "accepted")[0]["person"] == "nurse-7"
            screen.shows("Accepted by nurse-7")
            screen.shows("1 nurse screen: desk")
            agent.kill()
            screen.shows("NOT CONNECTED")
            screen.type("q")
            assert screen.process.wait(DEADLINE_S) == 0


def test_two_screens_both_see_who_accepted_and_that_a_later_word_on_what_was_shown_before_is_refused(
    tmp_path: Path,
) -> None:
    device = PtyDevice(tmp_path / "link")
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": str(device.path)}
    consumers = [{"id": "desk", "role": "nurse"}, {"id": "phone", "role": "nurse"}]
    with Broker() as broker, Listener(broker.port, ROOT + "#") as witness, device:
        config = configuration(broker.port, link, settings={"limits": FAST, "consumers": consumers})
        with (
            terminal(broker.port, "--consumer", "desk", "--person", "nurse-7") as desk,
            terminal(broker.port, "--consumer", "phone", "--person", "nurse-8") as phone,
            AgentProcess(tmp_path, config),
            Playing(device, frames({"spo2": 82}), 0.2),
        ):
            for screen in (desk, phone):
                screen.shows("2 nurse screens: desk, phone")
                screen.shows("BED 3: SpO2 82 %")
            desk.type("ja")
            accepted = witness.wait(lambda heard: bool(receipts(heard, "accepted")), "not accepted")
            body = receipts(accepted, "accepted")[0]
            for screen in (desk, phone):
                screen.shows("Accepted by nurse-7")
            late = {**body, "request": "late", "consumer": "phone", "person": "nurse-8"}
            witness.publish(f"{ROOT}bed/3/receipt/phone", json.dumps(late).encode())
            witness.wait(arrived("bed/3/receipt/phone/result", superseded), "it was not refused")
            for screen in (desk, phone):
                screen.shows("accepted by nurse-8 at phone does not count")


def superseded(body: dict[str, Any]) -> bool:
    return bool(body["code"] == "superseded" and body["accepted_by"] == "nurse-7")


def test_a_screen_without_its_broker_says_so_and_comes_back() -> None:
    with Broker() as broker, terminal(broker.port) as screen:
        screen.shows("No bed has been heard of yet.")
        broker.kill()
        screen.shows("THIS SCREEN HAS NO BROKER")
        broker.start()
        screen.shows("No bed has been heard of yet.")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_knows_few_characters_shows_others(encoding: str) -> None:
    with Broker() as broker, terminal(broker.port, PYTHONIOENCODING=encoding) as screen:
        screen.shows("-" * 150)
        screen.shows("No bed has been heard of yet.")
        screen.type("q")
        assert screen.process.wait(DEADLINE_S) == 0


def test_without_colours_the_words_are_all_there() -> None:
    with Broker() as broker, terminal(broker.port, NO_COLOR="1") as screen:
        drawn = screen.shows("No bed has been heard of yet.")
        assert not re.search(r"\x1b\[[0-9;]*[34][0-7]m", drawn)


def test_without_a_terminal_it_prints_lines() -> None:
    command = [sys.executable, "-m", "edge_agent.cli.main", "watch", "--site", "TEST", "--ward", "W1"]
    with (
        Broker() as broker,
        subprocess.Popen(
            [*command, f"127.0.0.1:{broker.port}"],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=CHECKOUT,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert "connected to the broker" in process.stdout.readline()
        process.kill()


@pytest.mark.parametrize(
    ("options", "said"),
    [(["h:x"], "no HOST"), (["h", "--person", "Jane Doe"], "no staff id"), (["h", "--consumer", "a/b"], "letters")],
)
def test_bad_options_are_refused_in_words(options: list[str], said: str) -> None:
    command = [sys.executable, "-m", "edge_agent.cli.main", "watch", "--site", "TEST", "--ward", "W1", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 2
    assert said in done.stderr
