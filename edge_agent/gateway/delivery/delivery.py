"""Delivery as the application sees it: publish, and it arrives; or the ledger says why not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence

import structlog

from edge_agent.gateway.backoff import Backoff
from edge_agent.gateway.clock import SECOND, boottime
from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.session import Session, Station, took_over
from edge_agent.gateway.delivery.status import Status, bytes_written
from edge_agent.gateway.delivery.tools import Hooks, Tools
from edge_agent.gateway.delivery.upkeep import Upkeep
from edge_agent.gateway.mqtt import BrokerError
from edge_agent.gateway.store.records import Opening
from edge_agent.gateway.store.store import Store
from edge_agent.wire.outgoing import Draft

UNREACHABLE = "broker-unreachable"
"""The gateway condition that says that alerts do not leave this gateway."""

STABLE_S = 5.0
"""A connection that lasted this long was worth something: the next attempt follows at once."""

PARK_S = 10.0
"""How long a stop waits for the disk; one that hangs keeps no service from stopping."""

log = structlog.get_logger(__name__)


class Delivery:
    """Takes drafts from the first moment, connected or not. `store` is open, `opening` what it held.

    The store is the application's: to be closed by it after `stop`.
    """

    def __init__(
        self, store: Store, opening: Opening, station: Station, hooks: Hooks, limits: Limits | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._run = station.stamp().run
        self.ledger = Ledger(self._run)
        tools = Tools(store, self.ledger, station.seal, hooks, self._limits, boottime)
        self.outbox = Outbox(tools, opening, station.stamp)
        self._upkeep = Upkeep(self.outbox, tools)
        self._store, self._station, self._hooks = store, station, hooks
        self._session: Session | None = None
        self._connections = 0
        self._declared = False
        self._last_error = ""
        self._told = False
        self._unreachable: asyncio.TimerHandle | None = None
        self._stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin the run and start to connect. Publishing works before that as well."""
        await self._store.begin(self._run, {run for run, _ in self.outbox.queued()})
        self._expect_broker("not connected yet")
        self._tasks = [asyncio.ensure_future(work) for work in (self._stay_connected(), self._keep_up(), self._beat())]

    def publish(self, draft: Draft) -> None:
        """Send a message: vitals, scores, state. It is kept until the broker has it, except one of QoS 0."""
        self.outbox.publish(draft)

    def publish_alert(self, drafts: Sequence[Draft], memory: Mapping[str, bytes]) -> None:
        """Send alert events and the snapshots that show them, once they and `memory` are on the disk, as one commit."""
        self.outbox.publish_alert(drafts, memory)

    def confirmed(self, stream: str, *, by_person: bool) -> None:
        """Count a receipt for a message of `stream`: a program has it, or a person has answered."""
        key = (self._run, stream)
        if by_person:
            self.ledger.acknowledge(key)
        else:
            self.ledger.receive(key)

    async def stop(self) -> None:
        """Say `stopped`, wait for receipts within the limit, disconnect, and leave the rest for the next run."""
        if self._unreachable is not None:
            self._unreachable.cancel()
        if not self._stop.done():
            self._stop.set_result(None)
        uplink = self._tasks[:1]
        if uplink:
            await asyncio.wait(uplink, timeout=self._limits.stop_s + 2)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.wait([asyncio.ensure_future(self._park())], timeout=PARK_S)

    async def _park(self) -> None:
        if await self._upkeep.park():
            await self._store.finish(self._run)

    def stats(self) -> Status:
        """Return how delivery does now."""
        session, outbox = self._session, self.outbox
        waiting = outbox.waiting()
        return Status(
            connected=outbox.sender.connected,
            connections=self._connections,
            echo=session is not None and session.echo,
            refused_subscriptions=tuple(session.refused) if session is not None else (),
            in_flight=len(outbox.sender.flying),
            waiting=waiting,
            queue_depth=sum(waiting.values()) + len(outbox.sender.flying),
            oldest_age_s=outbox.oldest_age_s(),
            store_bytes=outbox.telemetry.size + outbox.alerts.size,
            hours_left=outbox.hours_left(),
            bytes_written=bytes_written(),
            storage=self._store.failing,
            last_error=self._last_error,
        )

    async def _stay_connected(self) -> None:
        backoff = Backoff(self._limits.retry_s, self._limits.retry_longest_s)
        while not self._stop.done():
            began = boottime()
            usurper = ""
            try:
                usurper = await self._connect_once()
            except BrokerError as error:
                self._await_broker(str(error))
            except Exception as error:
                log.exception("the uplink failed")
                self._await_broker(f"{type(error).__name__}: {error}")
            if (boottime() - began) / SECOND > STABLE_S:
                backoff.reset()
            delay_s = self._limits.taken_over_s if usurper else backoff.next() / 2
            await asyncio.wait([self._stop], timeout=delay_s * (1 + random.random()))  # noqa: S311 - spreads a ward's load

    async def _connect_once(self) -> str:
        """Serve one connection to its end. Return who has taken our place, "" when nobody has. Raises BrokerError."""
        number = self._connections + 1
        session = Session(self._station, self.outbox, self._limits, number, declared=self._declared)
        code = 0
        try:
            await session.open()
            self._session, self._connections = session, number
            self._has_broker()
            lost = await session.watch(self._stop)
            if lost is None:
                await session.farewell()
                return ""
            code = lost.code
        finally:
            self._declared = session.declared
            self._session = None
            session.end(code)
        usurper = took_over(lost, session.twin, self._station.endpoint.client_id)
        self._await_broker(usurper or lost.why)
        return usurper

    async def _keep_up(self) -> None:
        """Everything that may wait for the disk."""
        while True:
            try:
                await self._upkeep.once()
            except Exception:
                log.exception("upkeep failed")
            await asyncio.sleep(self._limits.upkeep_s)

    async def _beat(self) -> None:
        """Everything that must not."""
        while True:
            self._store.watch()
            self.outbox.telemetry.shed_memory()
            self.outbox.sender.pump()
            await asyncio.sleep(self._limits.upkeep_s)

    def _await_broker(self, why: str) -> None:
        """Report that alerts do not leave this gateway, unless it is connected again soon. The first reason stands."""
        if why != self._last_error:
            log.warning("no broker", why=why)
        self._expect_broker(why)

    def _expect_broker(self, why: str) -> None:
        self._last_error = why
        if self._unreachable is None:
            loop = asyncio.get_running_loop()
            self._unreachable = loop.call_later(self._limits.unreachable_s, self._tell_unreachable)

    def _tell_unreachable(self) -> None:
        self._told = True
        self._hooks.trouble(UNREACHABLE, True, self._last_error)  # noqa: FBT003 - present

    def _has_broker(self) -> None:
        log.info("connected", number=self._connections)
        if self._unreachable is not None:
            self._unreachable.cancel()
            self._unreachable = None
        if self._told:
            self._told = False
            self._hooks.trouble(UNREACHABLE, False, "")  # noqa: FBT003 - no longer present
