"""A ward of eight beds through an outage: machines, voice, outbox and a real Mosquitto; only the clock is faster."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

from edge_agent.domain.effects import Effect
from edge_agent.domain.inputs import Input
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.voice import Hands, Voice
from edge_agent.wire.compose import seal
from tests.bedside.harness import Bench
from tests.broker import Broker, Listener
from tests.delivery.agent import Agent, later, running, settled
from tests.delivery.parts import until
from tests.delivery.proxy import Proxy
from tests.delivery.test_missed import BEDS, FLAPS, ROOT, TOPICS, synced

NAMES = tuple(str(number) for number in range(1, BEDS + 1))
LASTS = FLAPS * 14 + 32
"""Seconds that the outage takes on the ward."""


def ward() -> WardSettings:
    devices = tuple(Device(id=f"link{n}", bed=n, family="sensor_link", port=f"/dev/link{n}") for n in NAMES)
    return WardSettings(beds=tuple(Bed(id=n) for n in NAMES), devices=devices, telemetry_interval_s=60)


class Speaking(Bench):
    """A bench whose ward speaks through a gateway's own voice."""

    def __init__(self, agent: Agent) -> None:
        hands = Hands(
            outlet=agent.delivery,
            remember=dict,
            send=lambda *_: True,
            ask=lambda _question: None,
            freeze=lambda *_: None,
            hang_up=lambda *_: None,
            audit=lambda _text: None,
            sound=lambda _signal: None,
            heard_by=lambda _audience: None,
        )
        self._voice = Voice(TOPICS, synced, hands)
        super().__init__(ward(), start=boottime() - LASTS * SECOND)

    def give(self, given: Input) -> list[Effect]:
        """Hand an input to the ward, and let the gateway say what comes of it."""
        effects = super().give(given)
        self._voice.speak(effects, self.now)
        return effects

    def all_say(self, seconds: int, spo2: int, **other: int) -> None:
        """Let every oximeter say the same for a while, one value every two seconds; `bed3=88`: but that one."""
        for _ in range(seconds // 2):
            for name in NAMES:
                self.say({"spo2": other.get(f"bed{name}", spo2)}, f"link{name}")
            self.wait(2)


def outage(agent: Agent) -> None:
    """Let every bed fall and rise again twenty times; in the end one is low and another very low."""
    bench = Speaking(agent)
    for _ in range(FLAPS):
        bench.all_say(2, 84)
        bench.all_say(12, 94)
    bench.all_say(22, 94, bed3=88)
    bench.all_say(10, 94, bed3=88, bed5=84)


def test_eight_beds_that_flapped_twenty_times_are_two_announcements_and_one_silent_list_each(tmp_path: Path) -> None:
    async def work() -> list[tuple[str, dict[str, Any]]]:
        with Broker() as broker, Listener(broker.port) as screen:
            async with Proxy(broker.port) as proxy, running(tmp_path, proxy.port, seal=seal) as agent:
                await settled(agent)
                proxy.refuse()
                await until(lambda: not agent.delivery.stats().connected)
                outage(agent)
                await until(lambda: all(entry.stored for entry in agent.delivery.outbox.alerts.entries.values()))
                proxy.refusing = False
                await settled(agent)
                assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
                await later(lambda: screen.wait(lambda heard: sum(m.topic.endswith("/missed") for m in heard) >= BEDS))
            return [(m.topic.removeprefix(ROOT), json.loads(m.payload)) for m in screen.heard if ROOT in m.topic]

    heard = asyncio.run(work())
    live = [body for topic, body in heard if re.fullmatch(r"bed/\d/alert", topic)]
    assert [(body["bed"], body["condition"], body["priority"]) for body in live] == [
        ("5", "spo2-low", "high"),
        ("3", "spo2-low", "medium"),
    ]
    assert all(re.fullmatch(r"began \d\d:\d\d, during outage", body["late"]) for body in live)
    lists = [body for topic, body in heard if topic.endswith("/missed")]
    assert sorted(body["bed"] for body in lists) == list(NAMES)
    assert {len(body["events"]) for body in lists} == {FLAPS}
    shown = {body["bed"]: len(body["alerts"]) for topic, body in heard if re.fullmatch(r"bed/\d/alerts", topic)}
    assert shown == {name: int(name in {"3", "5"}) for name in NAMES}
