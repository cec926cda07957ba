"""One screen at work: hears the ward, draws it, and sends what the person at it decides."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from typing import NamedTuple

import click
from msgspec.structs import replace
from rich.console import Console, RenderableType
from rich.live import Live

from edge_agent.cli.viewing.heard import Heard
from edge_agent.cli.viewing.words import clock, printable
from edge_agent.cli.watching.desk import ACTS, Act, Desk, Quit, pressed, settled
from edge_agent.cli.watching.page import Sheet, page
from edge_agent.cli.watching.receipts import LISTENING_S, Confirmed, listening, receipt
from edge_agent.cli.watching.terminal import keyboard
from edge_agent.cli.watching.uplink import Uplink
from edge_agent.cli.watching.ward import (
    GATEWAY,
    Target,
    Ward,
    connected,
    listeners,
    noted,
    take,
    to_confirm,
    unconnected,
)
from edge_agent.domain.alerts import Outcome
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.mqtt import Endpoint, Inbound
from edge_agent.wire.payloads.alert import AlertRecord
from edge_agent.wire.payloads.birth import Birth
from edge_agent.wire.topics import Topics

DRAW_S = 0.25
"""Between two pictures."""

SPARE = 2
"""Columns left free where a character may become two because the terminal does not have it."""


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
        self.ward = Ward(site=plan.site, ward=plan.ward, wall_offset=_wall_offset(), consumer=plan.consumer)
        self.desk = Desk(person=plan.person)
        self.over = asyncio.Event()
        self._plan = plan
        self._confirmed = Confirmed()
        root = f"bedside/v1/{plan.site}/{plan.ward}/"
        self.uplink = Uplink(plan.endpoint, root, self._received, self._connected)

    def key(self, key: str) -> None:
        """Take one key."""
        if key in ACTS and self.desk.asking is None and not self._plan.consumer:
            self._note("this screen only looks: give it --consumer ID, one of the ward's consumers")
            return
        targets = self.ward.targets()
        self.desk, deed = pressed(self.desk, key, _events(targets), boottime())
        if isinstance(deed, Quit):
            self.over.set()
        elif isinstance(deed, Act):
            self._act(next((target for target in targets if target.alert.event_id == deed.event_id), None), deed)

    def drawn(self, sheet: Sheet) -> RenderableType:
        """Return the page of this moment."""
        self.ward = replace(self.ward, wall_offset=_wall_offset())
        self.desk = settled(self.desk, _events(self.ward.targets()), boottime())
        return page(self.ward, self.desk, boottime(), sheet)

    def announce(self) -> None:
        """Tell every gateway heard of that somebody sees its alerts here."""
        for gateway in self.ward.views if self._plan.consumer else ():
            topic = Topics(self._plan.site, self._plan.ward, gateway).topic("listener", consumer=self._plan.consumer)
            self.uplink.send(topic, listening(self._plan.consumer, datetime.now(timezone.utc)))

    def _act(self, target: Target | None, deed: Act) -> None:
        if target is None:
            self._note(f"{deed.outcome.value} was not sent: that alert is over")
            return
        gateway, bed = target.place
        if not self._send(gateway, bed, target.alert, deed.outcome, deed.person):
            self._note(f"{deed.outcome.value} was not sent: this screen has no broker")

    def _send(self, gateway: str, bed: str, alert: AlertRecord, outcome: Outcome, person: str) -> bool:
        topics = Topics(self._plan.site, self._plan.ward, gateway)
        topic = topics.topic("receipt", bed=bed, consumer=self._plan.consumer)
        now = datetime.now(timezone.utc)
        return self.uplink.send(topic, receipt(alert, outcome, self._plan.consumer, person, now))

    def _received(self, message: Inbound) -> None:
        before = self.ward.views
        self.ward, said = take(self.ward, message.topic, message.payload, boottime())
        if said is None:
            return
        gateway = message.topic.split("/")[GATEWAY]
        known = before.get(gateway)
        if known is None or known.presence is not self.ward.views[gateway].presence:
            self.announce()
        if self._plan.consumer:
            self._confirm(gateway, said)

    def _confirm(self, gateway: str, said: Heard) -> None:
        if isinstance(said.body, Birth):
            self._confirmed.born(gateway, said.envelope.run)
        for alert in to_confirm(said):
            if (
                alert.bed
                and alert not in self._confirmed
                and self._send(gateway, alert.bed, alert, Outcome.RECEIVED, "")
            ):
                self._confirmed.add(alert)

    def _connected(self, up: bool, why: str) -> None:  # noqa: FBT001 - the hook's own signature
        self.ward = connected(self.ward, up=up, at=boottime())
        text = f"no broker: {why}" if why else "connected to the broker"
        if not self.ward.own or self.ward.own[-1].text != text:  # not once an attempt
            self._note(text)
        self.announce()

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
    console = Console(highlight=False)
    spare = 0 if console.encoding.startswith("utf") else SPARE
    with Live(console=console, auto_refresh=False, screen=True) as live, keyboard(screen.key):
        while not screen.over.is_set():
            live.update(screen.drawn(Sheet(console.width - spare, console.height)), refresh=True)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(screen.over.wait(), DRAW_S)


async def _plain(screen: Screen) -> None:
    """Print a line for every event, and for every gateway and bed that is lost or found again."""
    told, before = 0, dict[str, str]()
    while not screen.over.is_set():
        now = boottime()
        screen.ward = replace(screen.ward, wall_offset=_wall_offset())
        time_of = partial(clock, wall_offset=screen.ward.wall_offset)
        for entry in screen.ward.log():
            if told < entry.at <= now:
                click.echo(f"{time_of(entry.at)} {printable(entry.text)}")
        told = now
        for what, state in _states(screen.ward, now):
            if before.get(what) != state:
                click.echo(printable(f"{time_of(now)} {what}: {state}"))
            before[what] = state
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(screen.over.wait(), DRAW_S)


def _states(ward: Ward, now: int) -> Iterator[tuple[str, str]]:
    """Give every gateway with who listens, and every bed with whether it is connected."""
    for gateway in sorted(ward.views):
        yield gateway, listeners(ward, gateway)
    for place, _ in ward.beds():
        yield f"BED {ward.name(place)}", unconnected(ward, place, now) or "connected"


def _events(targets: list[Target]) -> list[str]:
    return [target.alert.event_id for target in targets]


def _wall_offset() -> int:
    return time.time_ns() - boottime()
