"""Law 7, answer by answer. What Mosquitto never sends comes from the scripted server of `scripted.py`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge_agent.gateway.store.store import FILE_NAME
from tests.delivery.agent import Agent, running, settled
from tests.delivery.parts import alert, draft, read, slot, until
from tests.delivery.scripted import Got, Scripted

ALERT = "root/bed/3/alert"


def scenario(
    folder: Path, work: Callable[[Agent, Scripted], Awaitable[None]], answer: Callable[[Got], int | None], **limits: int
) -> None:
    """Run `work` with an agent connected to a scripted broker."""

    async def run() -> None:
        async with Scripted(answer, **limits) as broker, running(folder, broker.port) as agent:
            await until(lambda: agent.delivery.stats().connected)
            await work(agent, broker)
            broker.answer = lambda _: 0
            broker.release(number=100)

    asyncio.run(run())


def events(broker: Scripted, topic: str = ALERT) -> list[str]:
    return [read(payload).text for payload in broker.texts(topic)]


async def next_heartbeat(broker: Scripted) -> None:
    """Wait until a heartbeat comes: what was sent before it has come then, too."""
    beats = len(broker.texts("root/heartbeat"))
    await until(lambda: len(broker.texts("root/heartbeat")) > beats)


async def cut(broker: Scripted) -> None:
    """Cut the connection and wait for the next one."""
    connections = broker.connections
    broker.cut()
    await until(lambda: broker.connections > connections)


def scripted(codes: dict[str, list[int | None]]) -> Callable[[Got], int | None]:
    """Answer the messages of a text with its codes in turn, everything else with success."""

    def answer(got: Got) -> int | None:
        left = codes.get(read(got.payload).text)
        return left.pop(0) if left else 0

    return answer


def test_success_settles_and_the_row_leaves_the_disk(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Scripted) -> None:
        agent.alert(alert("a"))
        await settled(agent)
        assert agent.unheard == []

    scenario(tmp_path, work, lambda _: 0)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as store:
        assert store.execute("SELECT count(*) FROM alert").fetchone() == (0,)


def test_nobody_listens_settles_too_and_is_told(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Scripted) -> None:
        agent.alert(alert("a"))
        await settled(agent)
        assert [message.event_id for message in agent.unheard] == ["a"]

    scenario(tmp_path, work, scripted({"a:1": [0x10]}))


def test_quota_exceeded_is_tried_again_and_stops_nobody_else(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.alert(alert("a"), alert("b"))
        await settled(agent)
        assert events(broker) == ["a:1", "b:1", "a:1", "a:1"]
        assert len({read(payload).id for payload in broker.texts(ALERT)}) == 2

    scenario(tmp_path, work, scripted({"a:1": [0x97, 0x97, 0]}))


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x90, 0x91, 0x99])
def test_a_refusal_goes_to_the_dead_letters_and_blocks_nobody(tmp_path: Path, code: int) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.alert(alert("a"), alert("b"))
        await settled(agent)
        assert events(broker) == ["a:1", "b:1"]
        await until(lambda: agent.has_told("dead-letter"))
        counts = {c.stream: c for c in agent.delivery.ledger.lines()}["bed/3/alert"]
        assert (counts.produced, counts.accepted, counts.dropped) == (2, 1, {f"refused-0x{code:02x}": 1})

    scenario(tmp_path, work, scripted({"a:1": [code]}))
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as store:
        ((topic, payload, reason),) = store.execute("SELECT topic, payload, reason FROM dead_letter")
    assert (topic, read(payload).text, reason) == (ALERT, "a:1", code)


def test_the_trouble_ends_when_the_topic_is_accepted_again(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Scripted) -> None:
        agent.alert(alert("a"), alert("b"), alert("c"))
        await settled(agent)
        assert [told for told in agent.troubles if told[0] == "dead-letter"] == [
            ("dead-letter", True, f"{ALERT} (0x87)"),
            ("dead-letter", False, ""),
        ]

    scenario(tmp_path, work, scripted({"a:1": [0x87], "b:1": [0x87]}))


def test_refused_telemetry_is_counted_each_time_and_kept_once(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Scripted) -> None:
        for _number in range(20):
            agent.publish(draft(text="no"))
        await settled(agent)
        counts = {c.stream: c for c in agent.delivery.ledger.lines()}["bed/3/vitals"]
        assert counts.dropped == {"refused-0x87": 20}

    scenario(tmp_path, work, lambda got: 0x87 if read(got.payload).text == "no" else 0)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as store:
        assert store.execute("SELECT count(*) FROM dead_letter").fetchone() == (1,)


def test_a_lost_session_is_sent_again_with_the_same_id(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.alert(alert("a"))
        await until(lambda: events(broker) == ["a:1"])
        broker.answer = lambda _: 0
        broker.cut()
        await settled(agent)
        assert events(broker) == ["a:1", "a:1"]
        assert len({read(payload).id for payload in broker.texts(ALERT)}) == 1

    scenario(tmp_path, work, scripted({"a:1": [None]}))


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_receive_maximum_is_never_exceeded_nor_after_a_reconnect(tmp_path: Path, limit: int) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        broker.answer = lambda _: None
        agent.alert(*(alert(f"event-{number}") for number in range(30)))
        for number in range(100):
            agent.publish(draft(text=str(number)))
        for _ in range(3):
            await until(lambda: len(broker._owed) == limit)
            await next_heartbeat(broker)
            assert len(broker._owed) == limit
            await cut(broker)
        broker.answer = lambda _: 0
        broker.release(number=limit)
        await settled(agent)
        assert broker.most_in_flight == limit

    scenario(tmp_path, work, lambda _: 0, receive_maximum=limit)


def test_at_most_eight_are_in_flight_whatever_the_broker_allows(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        broker.answer = lambda _: None
        for _ in range(100):
            agent.publish(draft())
        await until(lambda: len(broker._owed) == 8)
        broker.answer = lambda _: 0
        broker.release(number=8)
        await settled(agent)
        assert broker.most_in_flight == 8

    scenario(tmp_path, work, lambda _: 0, receive_maximum=1000)


def test_an_alert_finds_room_while_backlog_waits_for_its_receipts(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        broker.answer = lambda got: None if "history" in got.topic else 0
        for _ in range(20):
            agent.delivery.publish(draft(made=-(10**15)))
        await until(lambda: len(broker._owed) == 4)
        agent.alert(alert("a"))
        await until(lambda: events(broker) == ["a:1"])

    scenario(tmp_path, work, lambda _: 0)


def test_a_message_that_the_broker_could_not_take_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.publish(draft(text="x" * 2000))
        agent.alert(alert("a"))
        await settled(agent)
        assert events(broker) == ["a:1"]
        assert broker.connections == 1
        assert agent.has_told("dead-letter")

    scenario(tmp_path, work, lambda _: 0, packet_size=1500)


def test_a_message_that_makes_the_broker_hang_up_is_found_and_refused(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        def hang_up(got: Got) -> int | None:
            if read(got.payload).text != "poison":
                return 0
            broker.end(0x99)
            return None

        broker.answer = hang_up
        for text in ("good", "poison", "fine", "well"):
            agent.publish(draft(text=text))
        await settled(agent)
        good = {"good", "fine", "well"}
        assert good <= set(events(broker, "root/bed/3/vitals")) | set(events(broker, "root/history/bed/3/vitals"))
        assert agent.has_told("dead-letter")
        counts = {c.stream: c for c in agent.delivery.ledger.lines()}["bed/3/vitals"]
        assert (counts.accepted, counts.dropped) == (3, {"refused-0x99": 1})

    scenario(tmp_path, work, lambda _: 0)


def test_a_slot_refused_for_now_is_not_sent_again_over_a_newer_one(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.publish(slot(text="old"))
        agent.publish(slot(text="new"))
        await settled(agent)
        assert events(broker, "root/bed/3/alerts") == ["old", "new"]
        counts = {c.stream: c for c in agent.delivery.ledger.lines()}["bed/3/alerts"]
        assert (counts.accepted, counts.dropped) == (1, {"superseded": 1})

    scenario(tmp_path, work, scripted({"old": [0x97]}))


def test_a_retried_vital_does_not_go_live_behind_a_newer_one(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        agent.publish(draft(text="1"))
        agent.publish(draft(text="2"))
        await settled(agent)
        assert events(broker, "root/bed/3/vitals") == ["1", "2"]
        assert events(broker, "root/history/bed/3/vitals") == ["1"]

    scenario(tmp_path, work, scripted({"1": [0x97]}))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_bytes_that_are_no_mqtt_cost_one_connection(tmp_path: Path) -> None:
    async def work(agent: Agent, broker: Scripted) -> None:
        broker.write(0x30, b"\xff\xff\xff")
        await until(lambda: broker.connections == 2)
        agent.alert(alert("a"))
        await settled(agent)
        assert events(broker) == ["a:1"]

    scenario(tmp_path, work, lambda _: 0)
