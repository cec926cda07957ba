"""Real patients (BIDMC, 33 recordings at 1 Hz with real drop-outs).

Values unchanged, alerts equal a brute-force reference.
"""

from __future__ import annotations

import csv
import gzip
import select
from collections.abc import Iterator
from decimal import Decimal
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


class Reference:
    """The SpO2 rule by brute force, ms by ms, straight from its words."""

    def __init__(self) -> None:
        self.rule = LIMIT_RULES["spo2-low"].default
        self.said: list[tuple[int, str]] = []
        self.values: list[int | None] = []
        self.active = self.lost = False
        self.inside: int | None = None
        self.last: int | None = None

    def second(self, value: int | None) -> None:
        """Take the value of the next second; without one, the last counts until it is stale."""
        second = len(self.values)
        if second and not self.active:
            self.start(second * 1000, self.values)
        self.last = second if value is not None else self.last
        stale = self.last is None or second - self.last >= MAX_AGE
        self.values.append(value if value is not None or stale else self.values[-1])
        if not self.active:
            self.start(second * 1000, self.values, 1000)
            self.inside, self.lost = None, False
            return
        if stale:
            self.inside, self.lost = None, True
        elif value is not None:
            clear = value >= self.rule.limit + self.rule.hysteresis
            self.inside = (second if self.inside is None else self.inside) if clear else None
        if self.inside is not None and second >= self.inside + (30 if self.lost else 10):
            self.active = False
            self.said.append((second, "end"))

    def start(self, now: int, values: list[int | None], ms: int = 1) -> bool:
        """Tell whether an alert starts within `ms` from `now` (ms) on by the held `values`, and note it."""
        limit, deep, burden = self.rule.limit, self.rule.deep_limit, self.rule.burden
        assert deep is not None
        assert burden is not None
        if not below(values[-1], limit):
            return False
        run = next((i for i in range(len(values), 0, -1) if not below(values[i - 1], limit)), 0)
        deep_run = next((i for i in range(len(values), 0, -1) if not below(values[i - 1], deep)), 0)
        carried = sum((limit - (value or 0)) * 1000 for value in values[run:-1])
        for moment in range(now, now + ms):
            due = (
                moment >= (run + self.rule.delay_s) * 1000
                or (deep_run < len(values) and moment >= (deep_run + self.rule.deep_delay_s) * 1000)
                or carried + (limit - (values[-1] or 0)) * (moment - len(values) * 1000 + 1000) >= burden * 1000
                or self.often(moment, values)
            )
            if due:
                self.active = True
                self.said.append((moment // 1000, "start"))
                return True
        return False

    def often(self, now: int, values: list[int | None]) -> bool:
        """Tell whether three moments within a minute, half a delay apart, were below the limit."""
        moment = now
        for _ in range(2):
            moment -= self.rule.delay_s * 500
            while moment >= 0 and not below(values[moment // 1000], self.rule.limit):
                moment = moment // 1000 * 1000 - 1
        return moment >= max(0, now - 60_000)


def below(value: int | None, limit: Decimal) -> bool:
    return value is not None and value < limit


def spo2_reference(seconds: list[dict[str, int]]) -> list[tuple[int, str]]:
    """Say when SpO2 alerts start and end."""
    reference = Reference()
    for values in seconds:
        reference.second(values.get("spo2"))
    return reference.said


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
