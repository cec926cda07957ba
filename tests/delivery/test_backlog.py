"""The backlog's order, part of it on disk and part in memory. The connection is a fake that answers when told."""

from __future__ import annotations

import asyncio
from pathlib import Path

from edge_agent.gateway.delivery.ledger import Ledger
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.delivery.outbox import Outbox
from edge_agent.gateway.delivery.tools import Hooks, Tools
from edge_agent.gateway.delivery.upkeep import Upkeep
from tests.delivery.parts import RUN, SECOND, draft, read, seal, stamp, stored
from tests.delivery.test_ledger_law import FakeLink


def test_what_rests_on_disk_is_sent_before_what_is_newer_and_still_in_memory(tmp_path: Path) -> None:
    now = 1_000 * SECOND

    async def scenario() -> list[int]:
        nonlocal now
        async with stored(tmp_path) as store:
            limits = Limits(keep_s=0, spill_after_s=1, spill_every_s=1, backlog_per_s=1_000)
            tools = Tools(store, Ledger(RUN), seal, Hooks(lambda *_: None, lambda _: None), limits, lambda: now)
            outbox = Outbox(tools, await store.open(), stamp)
            upkeep = Upkeep(outbox, tools)
            for _ in range(30):
                outbox.publish(draft(made=now))
            now += 10 * SECOND
            await upkeep.once()
            assert len(outbox.telemetry.resting) == 1
            for _ in range(5):
                outbox.publish(draft(made=now))
            now += 100 * SECOND
            link = FakeLink(8)
            outbox.attach(link)
            assert link.sent == {}, "what is older is not in memory yet"
            await upkeep.once()
            order = []
            while link.sent:
                packet = next(iter(link.sent))
                order.append(read(link.sent.pop(packet).payload).seq)
                now += SECOND
                outbox.sender.acknowledged(packet, 0)
            return order

    assert asyncio.run(scenario()) == list(range(1, 36))
