"""Real patients (BIDMC, 33 recordings at 1 Hz with real drop-outs).

Values unchanged, alerts equal a brute-force reference.
"""

from __future__ import annotations

import csv
import gzip
import select
from collections.abc import Iterator
from pathlib import Path

import serial

from edge_agent.domain.alerts import Phase
from edge_agent.domain.settings import LIMIT_RULES, SECOND
from edge_agent.gateway.serial_port import open_port
from firmware_bridges.bridge import SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Reason
from tests.bedside.harness import START, Bench
from tests.links.pty import PtyDevice
from tests.paths import data

COLUMNS = {"HR": "heart_rate", "PULSE": "pulse_rate", "RESP": "respiratory_rate", "SpO2": "spo2"}
MAX_AGE = 10


def recordings() -> Iterator[list[dict[str, int]]]:
    """Yield each recording as one dict of values a second."""
    seconds: dict[str, list[dict[str, int]]] = {}
    with gzip.open(data("bidmc_numerics_1hz.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            values = {vital: row[name] for name, vital in COLUMNS.items() if row[name] not in ("", "nan")}
            seconds.setdefault(row["rec"], []).append({vital: round(float(v)) for vital, v in values.items()})
    yield from seconds.values()


def spo2_reference(seconds: list[dict[str, int]]) -> list[tuple[int, str]]:
    """Say by brute force when SpO2 alerts start and end: second by second, straight from the rule's words."""
    rule = LIMIT_RULES["spo2-low"].default
    said: list[tuple[int, str]] = []
    below = inside = None
    last = lost = None
    active = False
    for second, values in enumerate(seconds):
        if "spo2" in values:
            value, last = values["spo2"], second
            edge = rule.limit + (rule.hysteresis if active else 0)
            below, inside = (
                (below if below is not None else second, None)
                if value < edge
                else (None, inside if inside is not None else second)
            )
        elif last is not None and second - last >= MAX_AGE:
            inside, lost = None, active or None
        if not active and below is not None and second >= below + rule.delay_s and second - (last or 0) < MAX_AGE:
            active = True
            said.append((below + rule.delay_s, "start"))
        if active and inside is not None and second >= inside + (30 if lost else 10):
            active, lost = False, None
            said.append((second, "end"))
    return said


class OverALine(Bench):
    """A bench whose bytes travel over a real tty, opened and set as the agent does it."""

    def __init__(self, device: PtyDevice, line: serial.Serial) -> None:
        self._device, self._line = device, line
        super().__init__()

    def carry(self, data: bytes) -> bytes:
        self._device.write(data)
        carried = b""
        while len(carried) < len(data):
            assert select.select([self._line], [], [], 5)[0], "the line has lost bytes"
            carried += self._line.read(len(data))
        return carried


def test_values_arrive_unchanged_and_alerts_are_those_of_the_reference(tmp_path: Path) -> None:
    settings = FAMILIES["sensor_link"].link
    assert isinstance(settings, SerialSettings)
    with PtyDevice(tmp_path / "link") as device, open_port(str(device.path), settings.baudrate, settings) as line:
        arrived, alerts, waiting = replay(device, line)
    assert (arrived, waiting) == (63_302, 2)  # two jumps of respiration from 0 waited a second for their confirmation
    assert alerts > 0


def replay(device: PtyDevice, line: serial.Serial) -> tuple[int, int, int]:
    """Play every recording; return how many values arrived unchanged, how many alerts there were, how many waited."""
    arrived = alerts = waiting = 0
    for seconds in recordings():
        bench = OverALine(device, line)
        for values in seconds:
            bench.say(values)
            bench.wait(1)
            streams = {stream.vital: stream for stream in bench.vitals()[-1].streams}
            for vital, value in values.items():
                if streams[vital].reason is Reason.IMPLAUSIBLE_CHANGE:
                    waiting += 1
                else:
                    assert streams[vital].value == value
                    arrived += 1
        events = [a for a in bench.alerts("spo2-low") if a.phase in (Phase.START, Phase.END)]
        told = [((a.changed - START) // SECOND, a.phase.value) for a in events]
        assert told == spo2_reference(seconds)
        alerts += len(told)
    return arrived, alerts, waiting
