"""One connection to the broker, from the greeting to the goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
import structlog

from edge_agent.gateway.clock import SECOND, boottime
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.tools import Seal
from edge_agent.gateway.mqtt import TAKEN_OVER, Callbacks, Connection, Endpoint, Inbound, Lost
from edge_agent.wire.outgoing import Draft, Stamp

log = structlog.get_logger(__name__)


class Presence(NamedTuple):
    """What the agent says of itself. The first four get the number of the connection in this run, from 1.

    `will` goes with the connection; `online` and `birth` follow it; `stopped` ends it in order: all on one topic, but
    `birth`. `heartbeat` goes, with QoS 0, to a topic that this gateway alone subscribes to.
    """

    will: Callable[[int], Draft]
    online: Callable[[int], Draft]
    birth: Callable[[int], Draft]
    stopped: Callable[[int], Draft]
    heartbeat: Callable[[], Draft]


class Station(NamedTuple):
    """This gateway: where its broker is, what it hears ((filter, QoS), its heartbeat included), how it speaks.

    `received` gets every message heard, on the loop, except the heartbeat.
    """

    endpoint: Endpoint
    subscriptions: Sequence[tuple[str, int]]
    presence: Presence
    seal: Seal
    stamp: Callable[[], Stamp]
    received: Callable[[Inbound], None]


class _Speaker(msgspec.Struct):
    run: str = ""


class Session:
    """One connection. `declared`: this run has said `online`, so that the state of any other run is a twin's.

    `twin` is the run of somebody else who speaks with our name, "" for nobody. `echo`: our heartbeat has come back.
    """

    def __init__(self, station: Station, outbox: Outbox, limits: Limits, number: int, *, declared: bool) -> None:
        self.declared = declared
        self.twin = ""
        self.echo = False
        self.refused: list[str] = []
        self._station = station
        self._outbox = outbox
        self._limits = limits
        self._number = number
        self._heard_at = boottime()
        self._progress = asyncio.Event()
        self._state_topic = self._heartbeat_topic = ""
        will = outbox.will(station.presence.will(number))
        self._connection = Connection(station.endpoint, will, Callbacks(self._acked, self._received, self._failed))
        self._connection.lost.add_done_callback(lambda _: self._progress.set())

    async def open(self) -> None:
        """Connect, subscribe, greet, and let the outbox send. Raises BrokerError."""
        presence = self._station.presence
        await self._connection.open()
        self._outbox.will_taken()
        online = presence.online(self._number)
        self._state_topic = online.topic
        self._heartbeat_topic = presence.heartbeat().topic
        self.refused = await self._connection.subscribe([*self._station.subscriptions, (self._state_topic, 0)])
        if self.refused:
            log.warning("the broker refused subscriptions", filters=self.refused)
        self._outbox.publish(online)
        self._outbox.publish(presence.birth(self._number))
        self._outbox.attach(self._connection)
        await self._outbox.triage()

    async def watch(self, stop: asyncio.Future[None]) -> Lost | None:
        """Stay until the connection is over, the broker silent, or `stop` resolved, which gives None."""
        self._heard_at = boottime()
        lost = self._connection.lost
        ends: list[asyncio.Future[Any]] = [lost, stop]
        while not stop.done() and not lost.done():
            self._outbox.publish(self._station.presence.heartbeat())
            await asyncio.wait(ends, timeout=self._limits.heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
            silent_s = (boottime() - self._heard_at) / SECOND
            if silent_s > self._limits.silence_s and not lost.done():
                return Lost(0, "the broker has gone silent: not even our heartbeat comes back")
        return lost.result() if lost.done() else None

    async def farewell(self) -> None:
        """Say `stopped`, wait for receipts within the limit, and disconnect."""
        self._outbox.publish(self._station.presence.stopped(self._number))
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limits.stop_s
        while self._outbox.urgent_left() and not self._connection.lost.done() and loop.time() < end:
            self._progress.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._progress.wait(), end - loop.time())
        await self._connection.close()

    def end(self, code: int = 0) -> None:
        """Cut what is left of the connection, and keep everything. `code`: the broker's DISCONNECT reason, or 0."""
        self._connection.drop()
        self._outbox.detach(code)

    def _acked(self, packet: int, code: int) -> None:
        self._heard_at = boottime()
        self._outbox.sender.acknowledged(packet, code)
        self._progress.set()

    def _received(self, inbound: Inbound) -> None:
        self._heard_at = boottime()
        if inbound.topic == self._heartbeat_topic:
            self.echo = True
        elif inbound.topic == self._state_topic:
            self._look_for_twin(inbound)
        else:
            self._station.received(inbound)

    def _look_for_twin(self, inbound: Inbound) -> None:
        """After we have said `online`, nobody else's state belongs on our topic; before, an earlier run's may."""
        try:
            run = msgspec.json.decode(inbound.payload, type=_Speaker).run
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if run == self._station.stamp().run:
            self.declared = True
        elif self.declared:
            self.twin = run

    def _failed(self, error: BaseException) -> None:
        log.error("a callback of the connection failed", exc_info=error)


def took_over(lost: Lost, twin: str, client_id: str) -> str:
    """Return who has taken our place, in words; "" when nobody has."""
    if lost.code != TAKEN_OVER and not twin:
        return ""
    named = f" (its run is {twin})" if twin else ""
    return f"another client connects as {client_id}{named}"
