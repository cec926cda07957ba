"""Bytes that delivery writes to storage per bed-day: connected, offline, and per alert event.

`python -m benchmarks.bytes_written`. The clock is simulated, the store and its files are real, and so is what is
counted: write_bytes of /proc/self/io, after forcing out every 5 simulated seconds what the kernel would write by
itself. The file system's own journal is not in it. The connection is simulated: it takes everything at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
from pathlib import Path
from typing import NamedTuple

from edge_agent.domain.alerts import Alert, ConditionState, Evidence, Kind, Phase, Priority, SignalState, Why
from edge_agent.domain.effects import AlertChanged, Effect, ScoreReport, StreamView, VitalsReport
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import BedState
from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.status import bytes_written
from edge_agent.gateway.delivery.tools import Hooks, Tools
from edge_agent.gateway.delivery.upkeep import Upkeep
from edge_agent.gateway.store.store import Store
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp
from edge_agent.wire.topics import Topics
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import Reason, Validity

SECOND = 1_000_000_000
DAY_S = 24 * 3600
WRITEBACK_S = 5
"""The kernel looks for dirty pages to write this often (vm.dirty_writeback_centisecs)."""

RUN = "11111111-1111-4111-8111-111111111111"
TOPICS = Topics("site", "ward", "gateway")
START = {"pulse_rate": 78, "spo2": 96, "respiratory_rate": 16}


class Scene(NamedTuple):
    """What is measured: `alerts_per_hour` over all beds, each committed with `memory` bytes of the ward's state."""

    title: str
    connected: bool
    alerts_per_hour: int = 0
    memory: int = 0


class Sink:
    """A connection that takes everything at once."""

    window = 8
    largest: int | None = None

    def __init__(self) -> None:
        self.packets: list[int] = []
        self._last = 0

    def send(self, message: Outgoing, _topic: str, _expires_s: int | None) -> int | None:
        """Take a message, and owe its receipt."""
        self._last += 1
        if message.qos:
            self.packets.append(self._last)
        return self._last


class Ward:
    """Beds with wandering vitals: one message a second each, one score a minute."""

    def __init__(self, beds: int) -> None:
        self._random = random.Random(1)
        self._values = {str(bed): dict(START) for bed in range(1, beds + 1)}

    def drafts(self, now: int, second: int, stamp: Stamp) -> list[Draft]:
        """Return everything that a ward says in one second."""
        said: list[Draft] = []
        for bed, values in self._values.items():
            for vital in values:
                values[vital] += self._random.choice((-1, 0, 0, 0, 1))
            said += compose(VitalsReport(bed, now, BedState.MONITORED, _streams(values, now)), TOPICS, stamp)
            if second % 60 == 0:
                said += compose(ScoreReport(bed, now, _news2(values), None), TOPICS, stamp)
        return said


def main() -> None:
    """Measure every scene and print one line each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bytes_written", description=__doc__)
    parser.add_argument("--beds", type=int, default=8)
    parser.add_argument("--minutes", type=int, default=30, help="simulated minutes per scene")
    asked = parser.parse_args()
    often = "24 alert events a bed-day with 20 kB of ward memory each"
    scenes = (
        Scene("connected, no alerts", connected=True),
        Scene(f"connected, {often}", connected=True, alerts_per_hour=asked.beds, memory=20_000),
        Scene("offline, no alerts", connected=False),
        Scene(f"offline, {often}", connected=False, alerts_per_hour=asked.beds, memory=20_000),
    )
    print(f"{asked.beds} beds, 1 message a second each, {asked.minutes} simulated minutes per scene")
    for scene in scenes:
        written, payload = asyncio.run(measure(scene, asked.beds, asked.minutes * 60))
        per_day = DAY_S / (asked.minutes * 60) / asked.beds / 1e6
        print(f"{scene.title}: {written * per_day:.2f} MB per bed-day (payload {payload * per_day:.1f} MB)")


async def measure(scene: Scene, beds: int, seconds: int) -> tuple[int, int]:
    """Return bytes written and bytes of payload produced in `seconds` simulated seconds."""
    now = 10_000 * SECOND
    stamp = Stamp(run=RUN, boot="boot", trust="unsynced", wall_offset=None)
    folder = Path(tempfile.mkdtemp(prefix="bytes-"))
    store = Store(folder, troubled=print, noted=print)
    opening = await store.open()
    tools = Tools(store, Ledger(RUN), seal, Hooks(print, lambda _: None), Limits(), lambda: now)
    outbox = Outbox(tools, opening, lambda: stamp)
    upkeep, ward, sink, payload = Upkeep(outbox, tools), Ward(beds), Sink(), 0
    await store.begin(RUN)
    if scene.connected:
        outbox.attach(sink)
        await outbox.triage()
    before = bytes_written() or 0
    for second in range(seconds):
        now += SECOND
        for draft in ward.drafts(now, second, stamp):
            payload += len(seal(draft, 1, stamp).payload)
            outbox.publish(draft)
        if scene.alerts_per_hour and second % (3600 // scene.alerts_per_hour) == 0:
            outbox.publish_alert(
                compose(_alert(now, second), TOPICS, stamp), {"ward": random.Random(second).randbytes(scene.memory)}
            )
            await _committed(outbox)
        _answer(outbox, sink)
        await upkeep.once()
        if second % WRITEBACK_S == 0:
            _write_back(folder)
    await store.close()
    _write_back(folder)
    return (bytes_written() or 0) - before, payload


def _answer(outbox: Outbox, sink: Sink) -> None:
    while sink.packets:
        outbox.sender.acknowledged(sink.packets.pop(0), 0)


async def _committed(outbox: Outbox) -> None:
    while any(entry.committing for entry in outbox.alerts.entries.values()):  # noqa: ASYNC110 - the store's thread tells
        await asyncio.sleep(0.001)


def _write_back(folder: Path) -> None:
    for path in folder.iterdir():
        if not path.name.endswith("-shm"):
            with path.open("rb") as file:
                os.fdatasync(file.fileno())


def _streams(values: dict[str, int], now: int) -> tuple[StreamView, ...]:
    return tuple(
        StreamView(
            vital=vital, device=f"{vital}-device", mode=Mode.CONTINUOUS, value=value, validity=Validity.VALID,
            reason=Reason.OK, at=now, chosen=True,
        )
        for vital, value in values.items()
    )  # fmt: skip


def _news2(values: dict[str, int]) -> RuleScore:
    parts = tuple(Part(name, 0, str(value)) for name, value in values.items())
    return RuleScore(
        score="news2", version="2017", total=0, parts=parts, missing=("systolic", "temperature"), risk="low"
    )


def _alert(now: int, number: int) -> Effect:
    """Return one event of an alert, over at once, so that it does not stay."""
    evidence = (Evidence("spo2", 86, now, "spo2-device", before=95),)
    why = Why(text="SpO2 86 % for 15 s, was 95 %, falling", rule="spo2-low", limit=90, evidence=evidence)
    said = Alert(
        bed="1", condition="spo2-low", kind=Kind.PHYSIOLOGICAL, priority=Priority.HIGH, event_id=f"event-{number}",
        ordinal=number, revision=1, phase=Phase.END, state=ConditionState.INACTIVE, signal=SignalState.OFF, began=now,
        raised=now, changed=now, why=why,
    )  # fmt: skip
    return AlertChanged(said)


if __name__ == "__main__":
    main()
