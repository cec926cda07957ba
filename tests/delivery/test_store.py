from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gateway.store import rows
from edge_agent.gateway.store.database import Database
from edge_agent.gateway.store.jobs import AUDIT_KEPT
from edge_agent.gateway.store.records import Counts, DeadLetter, Kept, Opening, Settled
from edge_agent.gateway.store.schema import migrate
from edge_agent.wire.outgoing import Outgoing, Urgency
from tests.delivery.parts import RUN, alert, draft, kept, stored

text = st.text(max_size=20)
outgoings = st.builds(
    Outgoing,
    id=text, run=text, stream=text, seq=st.integers(1, 2**40), topic=text, payload=st.binary(max_size=50),
    qos=st.integers(0, 1), retain=st.booleans(), urgency=st.sampled_from(Urgency), made=st.integers(0, 2**62),
    history_topic=text, expires_s=st.none() | st.integers(0, 9), live_s=st.none() | st.integers(0, 9),
    slot=st.just(value=False), event_id=text, revision=st.integers(0, 9), over=st.booleans(), correlation=text,
)  # fmt: skip


async def reopened(folder: Path) -> Opening:
    async with stored(folder) as store:
        return await store.open()


@given(messages=st.lists(outgoings, min_size=1, max_size=5, unique_by=lambda message: message.id))
def test_every_alert_and_every_group_comes_back_as_it_went_in(messages: list[Outgoing]) -> None:
    given_in = [Kept(ordinal, "boot", message) for ordinal, message in enumerate(messages, 1)]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path("unused"))
        for each in given_in:
            rows.put_alert(connection, each)
        group = rows.put_group(connection, 1, given_in, {("run", "stream"): len(given_in)})
        assert list(rows.alerts(connection)) == given_in
        assert list(rows.groups(connection)) == [group]
        assert rows.group(connection, group.number) == given_in


def test_alert_and_ward_snapshot_are_one_commit_and_the_rest_of_the_memory_stays(tmp_path: Path) -> None:
    async def scenario() -> Opening:
        async with stored(tmp_path) as store:
            await store.open()
            assert await store.remember({"config": b"1", "ward": b"0"})
            assert await store.commit_alert([kept(7)], {"ward": b"1" * 100_000})
        return await reopened(tmp_path)

    opening = asyncio.run(scenario())
    assert opening.memory == {"config": b"1", "ward": b"1" * 100_000}
    assert opening.alerts == [kept(7)]
    assert opening.last_ordinal == 7


def test_what_is_settled_is_forgotten_and_the_ledger_written_with_it(tmp_path: Path) -> None:
    counts = Counts(run=RUN, stream="bed/3/alert", produced=2, accepted=1, dropped={"refused-0x87": 1}, reserved=2)

    async def scenario() -> Opening:
        async with stored(tmp_path) as store:
            await store.begin(RUN)
            await store.commit_alert([kept(1), kept(2)], {}, announced=["event-1", "event-2"])
            group = await store.spill(1, [kept(3, draft()), kept(4, draft())], {(RUN, "bed/3/vitals"): 2})
            assert group is not None
            dead = (DeadLetter(kept(2).message, 0x87),)
            settled = Settled(
                alerts=(kept(1).message.id, kept(2).message.id),
                groups=(group.number,),
                over=("event-1",),
                dead=dead,
                counts=(counts,),
            )
            assert await store.settle(settled)
            assert await store.load(group.number) == []
        return await reopened(tmp_path)

    opening = asyncio.run(scenario())
    assert (opening.alerts, opening.groups, opening.announced) == ([], [], {"event-2"})
    assert opening.counts == [counts]


def test_a_run_that_was_not_finished_is_found_to_have_crashed(tmp_path: Path) -> None:
    async def scenario(*, finish: bool) -> bool:
        async with stored(tmp_path) as store:
            await store.begin("run")
            if finish:
                await store.finish("run")
        return (await reopened(tmp_path)).crashed

    assert not asyncio.run(reopened(tmp_path)).crashed
    assert asyncio.run(scenario(finish=False))
    assert not asyncio.run(scenario(finish=True))


def test_the_audit_trail_keeps_its_order_and_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.gateway.store.jobs.AUDIT_KEPT", 3)
    assert AUDIT_KEPT > 3

    async def scenario() -> list[str]:
        async with stored(tmp_path) as store:
            for number in range(5):
                assert await store.audit(f"entry {number}")
            return await store.audited()

    assert asyncio.run(scenario()) == ["entry 2", "entry 3", "entry 4"]


def test_an_alert_overtakes_telemetry_that_waits_for_the_disk(tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        async with stored(tmp_path) as store:
            await store.open()
            group = [kept(number, draft(text="x" * 10_000)) for number in range(1, 200)]
            spills = [store.spill(number, group, {}) for number in range(3)]
            for future in spills:
                future.add_done_callback(lambda _: order.append("telemetry"))
            urgent = store.commit_alert([kept(1, alert("e"))], {})
            urgent.add_done_callback(lambda _: order.append("alert"))
            await asyncio.gather(urgent, *spills)
        return order

    assert asyncio.run(scenario()).index("alert") <= 1


def test_only_what_must_survive_a_power_cut_waits_for_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.sqlite", busy_ms=0)
    database.open()
    for durable, level in ((True, 2), (False, 1), (True, 2)):
        with database.transaction(durable=durable) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
    database.close()


def test_a_closed_store_answers_instead_of_hanging(tmp_path: Path) -> None:
    async def scenario() -> bool:
        async with stored(tmp_path) as store:
            await store.open()
        return await store.remember({"key": b""})

    assert not asyncio.run(scenario())
