"""Bounded disk, bounded memory; what does not fit is counted by reason, alerts last."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from edge_agent.gateway.clock import SECOND, boottime
from edge_agent.gateway.delivery.entry import Lane
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.gateway.store.database import Database
from edge_agent.gateway.store.jobs import load_all
from edge_agent.gateway.store.records import Opening
from edge_agent.wire.compose import seal as composed
from edge_agent.wire.outgoing import Urgency
from tests.delivery.agent import QUICK, Agent, running
from tests.delivery.parts import alert, draft, slot, stored, until
from tests.delivery.test_store_damage import files_limited_to

NOBODY = 1
"""A port where no broker listens."""


def dropped(agent: Agent) -> dict[str, dict[str, int]]:
    return {each.stream: each.dropped for each in agent.delivery.ledger.lines()}


def tuned(**limits: float) -> Limits:
    return msgspec.structs.replace(QUICK, **limits)


def incompressible(number: int) -> str:
    return f"{number:09d}" + "".join(f"{hash((number, each)):x}" for each in range(100))


def test_over_the_quota_the_oldest_telemetry_goes_first_and_is_counted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(quota_bytes=60_000, keep_s=0)) as agent:
            agent.alert(alert("kept"))
            for number in range(120):
                agent.publish(draft(text=incompressible(number)))
                if number % 10 == 9:
                    await until(lambda: not list(agent.delivery.outbox.telemetry.unwritten()))
            await until(lambda: dropped(agent)["bed/3/vitals"].get("quota", 0) >= 10)
            outbox = agent.delivery.outbox
            assert outbox.telemetry.size + outbox.alerts.size <= 60_000
            assert dropped(agent)["bed/3/alert"] == {}
            assert agent.delivery.ledger.balanced(outbox.queued())
            left = dropped(agent)["bed/3/vitals"]["quota"]
            assert outbox.telemetry.resting[0].first >= left, "the oldest went first"

    asyncio.run(scenario())


def test_alerts_go_only_when_no_telemetry_is_left_and_the_urgent_ones_last(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(quota_bytes=20_000)) as agent:
            for number in range(5):
                agent.publish(draft(text=incompressible(number)))
            await until(lambda: agent.delivery.outbox.telemetry.size > 0)
            for number in range(50):
                urgency = Urgency.ALERT_HIGH if number % 2 else Urgency.ALERT_LOW
                agent.alert(alert(f"event-{number}", urgency=urgency))
            await until(lambda: dropped(agent)["bed/3/alert"].get("quota", 0) > 0)
            await until(lambda: agent.delivery.outbox.alerts.size <= 20_000)
            left = [each.message for each in agent.delivery.outbox.alerts.entries.values()]
            assert sum(each.urgency is Urgency.ALERT_HIGH for each in left) == 25
            assert agent.delivery.outbox.telemetry.size == 0
            assert dropped(agent)["bed/3/vitals"] == {"quota": 5}
            assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())

    asyncio.run(scenario())


def test_no_urgent_alert_goes_in_the_place_of_one_that_is_just_being_written(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY) as agent:
            alerts = agent.delivery.outbox.alerts
            agent.alert(alert("urgent", urgency=Urgency.ALERT_HIGH))
            await until(lambda: all(entry.stored for entry in alerts.entries.values()))
            agent.alert(alert("minor", urgency=Urgency.ALERT_LOW))
            assert [entry.committing for entry in alerts.entries.values()] == [False, True]
            alerts.shed(1)
            assert len(alerts.entries) == 2
            await until(lambda: all(entry.stored for entry in alerts.entries.values()))
            alerts.shed(1)
            assert [entry.message.event_id for entry in alerts.entries.values()] == ["urgent"]

    asyncio.run(scenario())


def test_memory_is_bounded_when_the_disk_takes_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(memory_rows=10, memory_most=30)) as agent:
            with files_limited_to(512):
                for number in range(100):
                    agent.publish(draft(text=str(number)))
                await until(lambda: dropped(agent)["bed/3/vitals"] == {"memory": 70})
                left = [entry.message.seq for entry in agent.delivery.outbox.telemetry.entries.values()]
                assert left == list(range(71, 101)), "the newest stay"
            assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())

    asyncio.run(scenario())


def test_many_messages_rest_on_disk_alone_and_are_counted_as_queued(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(memory_rows=50)) as agent:
            for _ in range(3_000):
                agent.publish(draft())
            await until(lambda: agent.delivery.stats().waiting["on-disk"] >= 2_000)
            stats = agent.delivery.stats()
            assert stats.queue_depth == 3_000
            assert sum(agent.delivery.outbox.queued().values()) == 3_000 + 1, "and the will of the next attempt"

    asyncio.run(scenario())


def test_what_rests_on_disk_alone_is_forgotten_by_memory(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(keep_s=0)) as agent:
            outbox = agent.delivery.outbox
            for number in range(10):
                for _ in range(100):
                    agent.publish(draft())
                await until(lambda: agent.delivery.stats().waiting["on-disk"] == 100 * (number + 1))  # noqa: B023 - at once
            agent.publish(draft())
            assert len(outbox.telemetry.entries) == 1
            assert len(outbox.sender.lanes._heaps[Lane.LIVE]) == 1

    asyncio.run(scenario())


def test_alerts_are_stored_again_when_the_store_had_to_be_replaced(tmp_path: Path) -> None:
    def spoil(database: Database) -> None:
        database.close()
        database.path.write_bytes(b"no database at all" * 999)

    async def scenario() -> None:
        async with running(tmp_path, NOBODY) as agent:
            for event in ("a", "b"):
                agent.alert(alert(event))
            entries = agent.delivery.outbox.alerts.entries.values()
            await until(lambda: all(entry.stored for entry in entries))
            store = agent.delivery._store
            await store._ask(spoil, otherwise=None)
            await store.remember({"config": b""})
            while not (await store._ask(load_all, otherwise=Opening(), reads=True)).alerts:
                assert store.replaced <= 1, "the new file was replaced too"
                await asyncio.sleep(0.002)
        async with stored(tmp_path) as again:
            assert [kept.message.event_id for kept in (await again.open()).alerts] == ["a", "b"]

    asyncio.run(scenario())


def test_the_status_says_how_long_the_disk_will_last(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, NOBODY, limits=tuned(quota_bytes=1_000_000)) as agent:
            assert agent.delivery.stats().hours_left is None
            for number in range(100):
                agent.delivery.publish(draft(text=incompressible(number), made=boottime() - 30 * SECOND))
            await until(lambda: agent.delivery.outbox.telemetry.size > 0)
            stats = agent.delivery.stats()
            assert stats.hours_left is not None
            assert 0 < stats.hours_left < 1
            assert stats.oldest_age_s is not None
            assert 30 <= stats.oldest_age_s < 60
            assert stats.bytes_written is None or stats.bytes_written > 0

    asyncio.run(scenario())


def test_the_wires_own_seal_fits(tmp_path: Path) -> None:
    """Composed payloads go through unchanged: delivery asks for nothing but the contract of `Seal`."""

    async def scenario() -> None:
        async with running(tmp_path, NOBODY, seal=composed) as agent:
            agent.publish(slot(text="composed"))
            (entry,) = agent.delivery.outbox._slots.values()
            assert entry.message.payload.startswith(b'{"text":"composed","id":"')

    asyncio.run(scenario())
