"""The backlog's order, part of it on disk and part in memory. The connection is a fake that answers when told."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.tools import Hooks, Tools
from edge_agent.gateway.delivery.upkeep import Upkeep
from edge_agent.gateway.store.records import Opening
from edge_agent.gateway.store.store import Store
from tests.delivery.parts import RUN, SECOND, draft, read, seal, stamp, stored
from tests.delivery.test_ledger_law import FakeLink


class Bench:
    """An outbox with a clock of its own."""

    def __init__(self, store: Store, opening: Opening, run: str = RUN) -> None:
        self.now = 1_000 * SECOND
        self.ledger = Ledger(run)
        limits = Limits(keep_s=0, spill_after_s=1, spill_every_s=1, backlog_per_s=1_000)
        tools = Tools(store, self.ledger, seal, Hooks(lambda *_: None, lambda _: None), limits, lambda: self.now)
        self.outbox = Outbox(tools, opening, lambda: stamp(run))
        self.upkeep = Upkeep(self.outbox, tools)

    def publish(self, number: int) -> None:
        for _ in range(number):
            self.outbox.publish(draft(made=self.now))

    def answer(self, link: FakeLink, number: int) -> list[int]:
        """Answer the oldest `number` messages one after the other; return their numbers."""
        order: list[int] = []
        while link.sent and len(order) < number:
            packet = next(iter(link.sent))
            order.append(read(link.sent.pop(packet).payload).seq)
            self.now += SECOND
            self.outbox.sender.acknowledged(packet, 0)
        return order


def test_what_rests_on_disk_is_sent_before_what_is_newer_and_still_in_memory(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        async with stored(tmp_path) as store:
            bench = Bench(store, await store.open())
            bench.publish(30)
            bench.now += 10 * SECOND
            await bench.upkeep.once()
            assert len(bench.outbox.telemetry.resting) == 1
            bench.publish(5)
            bench.now += 100 * SECOND
            link = FakeLink(8)
            bench.outbox.attach(link)
            assert link.sent == {}, "what is older is not in memory yet"
            await bench.upkeep.once()
            return bench.answer(link, 100)

    assert asyncio.run(scenario()) == list(range(1, 36))


def test_an_orderly_end_in_the_middle_of_a_group_repeats_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with stored(tmp_path) as store:
            bench = Bench(store, await store.open())
            bench.publish(10)
            bench.now += 100 * SECOND
            await bench.upkeep.once()
            link = FakeLink(1)
            bench.outbox.attach(link)
            await bench.upkeep.once()
            assert bench.answer(link, 3) == [1, 2, 3]
            bench.outbox.detach()
            assert await bench.upkeep.park()
        async with stored(tmp_path) as store:
            again = Bench(store, await store.open(), "22222222-2222-4222-8222-222222222222")
            assert again.outbox.queued() == {(RUN, "bed/3/vitals"): 7}
            (counts,) = again.ledger.lines()
            assert (counts.produced, counts.accepted, counts.dropped) == (10, 3, {})
            link = FakeLink(8)
            again.now += 100 * SECOND
            again.outbox.attach(link)
            await again.upkeep.once()
            assert again.answer(link, 100) == list(range(4, 11))

    asyncio.run(scenario())
