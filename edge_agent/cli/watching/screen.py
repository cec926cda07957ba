"""One screen at work: hears the ward, draws it, and sends what the person at it decides."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import datetime, timezone
from typing import NamedTuple

import click
from rich.console import Console
from rich.live import Live

from edge_agent.cli.viewing.heard import Heard
from edge_agent.cli.viewing.words import clock
from edge_agent.cli.watching.desk import Act, Desk, Quit, pressed
from edge_agent.cli.watching.page import page
from edge_agent.cli.watching.receipts import LISTENING_S, listening, receipt
from edge_agent.cli.watching.terminal import keyboard
from edge_agent.cli.watching.uplink import Uplink
from edge_agent.cli.watching.ward import Target, Ward, connected, noted, take, to_confirm, unconnected
from edge_agent.domain.alerts import Outcome
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.mqtt import Endpoint, Inbound
from edge_agent.wire.payloads.alert import AlertRecord
from edge_agent.wire.topics import Topics

DRAW_S = 0.25
"""Between two pictures."""


class Plan(NamedTuple):
    """What this screen watches and as whom; without `consumer` it only looks."""

    endpoint: Endpoint
    site: str
    ward: str
    consumer: str
    person: str


class Screen:
    """The state of one screen, changed by messages and keys."""

    def __init__(self, plan: Plan) -> None:
        """Know nothing yet."""
        self.ward = Ward(site=plan.site, ward=plan.ward, wall_offset=time.time_ns() - boottime())
        self.desk = Desk(person=plan.person)
        self.over = asyncio.Event()
        self._plan = plan
        self._confirmed: dict[str, int] = {}
        root = f"bedside/v1/{plan.site}/{plan.ward}/"
        self.uplink = Uplink(plan.endpoint, root, self._received, self._connected)

    def key(self, key: str) -> None:
        """Take one key."""
        targets = self.ward.targets()
        self.desk, deed = pressed(self.desk, key, [target.alert.event_id for target in targets])
        if isinstance(deed, Quit):
            self.over.set()
        elif isinstance(deed, Act):
            chosen = next((target for target in targets if target.alert.event_id == deed.event_id), None)
            self._act(chosen, deed)

    def announce(self) -> None:
        """Tell every gateway heard of that somebody sees its alerts here."""
        for gateway in self.ward.views if self._plan.consumer else ():
            topic = Topics(self._plan.site, self._plan.ward, gateway).topic("listener", consumer=self._plan.consumer)
            self.uplink.send(topic, listening(self._plan.consumer, datetime.now(timezone.utc)))

    def _act(self, target: Target | None, deed: Act) -> None:
        if target is None:
            return
        gateway, bed = target.place
        if not self._plan.consumer:
            self._note("this screen only looks: give it --consumer ID, one of the ward's consumers")
        elif not self._send(gateway, bed, target.alert, deed.outcome, deed.person):
            self._note(f"{deed.outcome.value} was not sent: this screen has no broker")
        else:
            self._note(f"{deed.outcome.value} by {deed.person} sent for bed {bed}; the gateway's answer shows above")

    def _send(self, gateway: str, bed: str, alert: AlertRecord, outcome: Outcome, person: str) -> bool:
        topics = Topics(self._plan.site, self._plan.ward, gateway)
        topic = topics.topic("receipt", bed=bed, consumer=self._plan.consumer)
        now = datetime.now(timezone.utc)
        return self.uplink.send(topic, receipt(alert, outcome, self._plan.consumer, person, now))

    def _received(self, message: Inbound) -> None:
        before = len(self.ward.views)
        self.ward, said = take(self.ward, message.topic, message.payload, boottime())
        if len(self.ward.views) > before:
            self.announce()
        if said is not None and self._plan.consumer:
            self._confirm(message.topic, said)

    def _confirm(self, topic: str, said: Heard) -> None:
        gateway = topic.split("/")[4]
        for alert in to_confirm(said):
            new = self._confirmed.get(alert.event_id, 0) < alert.revision
            if new and alert.bed and self._send(gateway, alert.bed, alert, Outcome.RECEIVED, ""):
                self._confirmed[alert.event_id] = alert.revision

    def _connected(self, up: bool, why: str) -> None:  # noqa: FBT001 - the hook's own signature
        self.ward = connected(self.ward, up=up, at=boottime())
        self._note(f"no broker: {why}" if why else "connected to the broker")

    def _note(self, text: str) -> None:
        self.ward = noted(self.ward, text, boottime())


async def watch(plan: Plan, *, living: bool) -> None:
    """Watch until the person leaves; without a terminal until cancelled."""
    screen = Screen(plan)
    tasks = [asyncio.ensure_future(work) for work in (screen.uplink.run(), _keep_announcing(screen))]
    for task in tasks:
        task.add_done_callback(lambda _: screen.over.set())
    try:
        await (_live(screen) if living else _plain(screen))
    finally:
        await screen.uplink.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _keep_announcing(screen: Screen) -> None:
    while True:
        await asyncio.sleep(LISTENING_S / 3)
        screen.announce()


async def _live(screen: Screen) -> None:
    with Live(console=Console(highlight=False), auto_refresh=False, screen=True) as live, keyboard(screen.key):
        while not screen.over.is_set():
            live.update(page(screen.ward, screen.desk, boottime()), refresh=True)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(screen.over.wait(), DRAW_S)


async def _plain(screen: Screen) -> None:
    """Print a line for every event, and for every bed that is lost or found again."""
    told, before = 0, dict[str, str]()
    while not screen.over.is_set():
        now = boottime()
        for entry in screen.ward.log():
            if told < entry.at <= now:
                click.echo(f"{clock(entry.at, screen.ward.wall_offset)} {entry.text}")
        told = now
        for place, _ in screen.ward.beds():
            state = unconnected(screen.ward, place, now) or "connected"
            if before.get(place.bed) != state:
                click.echo(f"{clock(now, screen.ward.wall_offset)} BED {place.bed}: {state}")
            before[place.bed] = state
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(screen.over.wait(), DRAW_S)
