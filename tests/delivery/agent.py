"""A whole delivery as the application would wire it, with our own sealing and short times; and what it was told."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge_agent.gateway.clock import boottime
from edge_agent.gateway.delivery.delivery import Delivery
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.session import Presence, Station
from edge_agent.gateway.delivery.tools import Hooks, Seal
from edge_agent.gateway.mqtt import Endpoint, Inbound
from edge_agent.gateway.store.store import Store
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp
from tests.broker import Broker, Heard
from tests.delivery.parts import Sealed, draft, read, seal, slot, until

T = TypeVar("T")

QUICK = Limits(
    spill_after_s=0.1, spill_every_s=0.05, upkeep_s=0.02, rest_s=0.02, rest_longest_s=0.1, heartbeat_s=0.1, silence_s=8,
    unreachable_s=0.3, retry_s=0.02, retry_longest_s=0.1, taken_over_s=30, stop_s=2, backlog_per_s=10_000,
)  # fmt: skip


class Agent:
    """One run of an application on `store`'s folder."""

    def __init__(self, endpoint: Endpoint, sealing: Seal) -> None:
        self.seal = sealing
        self.run = str(uuid.uuid4())
        self.endpoint = endpoint
        self.troubles: list[tuple[str, bool, str]] = []
        self.unheard: list[Outgoing] = []
        self.inbound: list[Inbound] = []
        self.raising: Exception | None = None
        self.delivery: Delivery

    def station(self) -> Station:
        """Return what delivery must know of this gateway."""
        presence = Presence(
            will=lambda number: slot("state", f"offline {number}", made=boottime()),
            online=lambda number: slot("state", f"online {number}", made=boottime()),
            birth=lambda number: slot("birth", f"birth {number}", made=boottime()),
            stopped=lambda number: slot("state", f"stopped {number}", made=boottime()),
            heartbeat=lambda: draft("heartbeat", qos=0, made=boottime(), slot=True),
        )
        heard = [("root/command/+", 1), ("root/heartbeat", 0)]
        return Station(self.endpoint, heard, presence, self.seal, self.stamp, self.received)

    def stamp(self) -> Stamp:
        """Return the stamp of this run."""
        return Stamp(run=self.run, boot="boot", trust="unsynced", wall_offset=None)

    def received(self, inbound: Inbound) -> None:
        """Take a message, or fail over it."""
        if self.raising is not None:
            raise self.raising
        self.inbound.append(inbound)

    def told(self, code: str, present: bool, detail: str) -> None:  # noqa: FBT001 - the hook's signature
        """Note a trouble."""
        self.troubles.append((code, present, detail))

    def publish(self, made: Draft) -> None:
        """Publish a draft made now."""
        self.delivery.publish(msgspec.structs.replace(made, made=boottime()))

    def alert(self, *drafts: Draft, memory: dict[str, bytes] | None = None) -> None:
        """Publish alert events made now."""
        now = boottime()
        self.delivery.publish_alert([msgspec.structs.replace(each, made=now) for each in drafts], memory or {})

    def has_told(self, code: str) -> bool:
        """Return whether trouble `code` has been reported as present."""
        return any(each == code and present for each, present, _ in self.troubles)

    def suffers(self, code: str) -> bool:
        """Return whether trouble `code` is present: told, and not withdrawn since."""
        return self._latest(code) is True

    def relieved(self, code: str) -> bool:
        """Return whether trouble `code` was told and has been withdrawn."""
        return self._latest(code) is False

    def _latest(self, code: str) -> bool | None:
        return next((present for each, present, _ in reversed(self.troubles) if each == code), None)


@asynccontextmanager
async def running(folder: Path, broker: Broker | int, **endpoint: Any) -> AsyncIterator[Agent]:  # noqa: ANN401 - fields of the endpoint
    """Give an agent that delivers to `broker`, stopped in order in the end. `endpoint`: its fields, limits, busy_ms."""
    limits, busy_ms = endpoint.pop("limits", QUICK), endpoint.pop("busy_ms", 50)
    sealing = endpoint.pop("seal", seal)
    port = broker if isinstance(broker, int) else broker.port
    known: dict[str, Any] = {"host": "127.0.0.1", "port": port, "client_id": "gateway", "keepalive_s": 60}
    agent = Agent(Endpoint(**known | endpoint), sealing)
    store = Store(folder, troubled=lambda _: None, noted=lambda _: None, busy_ms=busy_ms)
    agent.delivery = Delivery(
        store, await store.open(), agent.station(), Hooks(agent.told, agent.unheard.append), limits
    )
    await agent.delivery.start()
    try:
        yield agent
    finally:
        await agent.delivery.stop()
        await store.close()


def bodies(heard: list[Heard], below: str = "") -> list[Sealed]:
    """Return the payloads on topics that end with `below`, in order."""
    return [read(message.payload) for message in heard if message.topic.endswith(below)]


async def settled(agent: Agent) -> None:
    """Wait until the broker has everything."""
    await until(lambda: agent.delivery.stats().connected and not sum(agent.delivery.outbox.queued().values()))


async def later(check: Callable[[], T]) -> T:
    """Run something that blocks, such as a listener's wait, beside the loop."""
    return await asyncio.get_running_loop().run_in_executor(None, check)
