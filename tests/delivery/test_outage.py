"""What an outage leaves, and what arrives where after it. The broker is real; a proxy bars the agent's way to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from edge_agent.gateway.clock import SECOND, boottime
from edge_agent.gateway.delivery.limits import Limits
from edge_agent.wire.outgoing import Urgency
from tests.broker import Broker, Heard, Listener
from tests.delivery.agent import QUICK, Agent, bodies, later, running, settled
from tests.delivery.parts import alert, draft, slot, until
from tests.delivery.proxy import Proxy

Work = Callable[[Agent, Proxy, Listener], Awaitable[None]]
LIVE, HISTORY = "root/bed/3/alert", "root/history/bed/3/alert"


def outage(folder: Path, work: Work, limits: Limits = QUICK) -> None:
    """Run `work` with an agent behind a proxy, and somebody who listens past it."""

    async def run() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with Proxy(broker.port) as proxy, running(folder, proxy.port, limits=limits) as agent:
                await settled(agent)
                await work(agent, proxy, listener)

    asyncio.run(run())


async def down(agent: Agent, proxy: Proxy) -> None:
    proxy.refuse()
    await until(lambda: not agent.delivery.stats().connected)


async def up(agent: Agent, proxy: Proxy, listener: Listener) -> list[Heard]:
    """End the outage once all alerts are stored; return everything heard once a last message has come."""
    await until(lambda: all(entry.stored for entry in agent.delivery.outbox.alerts.entries.values()))
    proxy.refusing = False
    await settled(agent)
    assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
    return await everything(agent, listener)


async def everything(agent: Agent, listener: Listener) -> list[Heard]:
    agent.publish(slot("last", "last"))
    return await later(lambda: listener.wait(lambda heard: any(each.topic == "root/last" for each in heard)))


def texts(heard: list[Heard], topic: str) -> list[str]:
    return [body.text for body in bodies([each for each in heard if each.topic == topic])]


def test_events_of_an_outage_go_live_or_to_history_as_their_condition_says(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        agent.alert(alert("known"))
        agent.alert(alert("closing"))
        await settled(agent)
        await down(agent, proxy)
        agent.alert(alert("over"))
        agent.alert(alert("closing", 2))
        agent.alert(alert("present", urgency=Urgency.ALERT_MEDIUM))
        agent.alert(alert("low", urgency=Urgency.ALERT_LOW))
        agent.alert(alert("known", 2))
        agent.alert(alert("over", 2))
        agent.alert(alert("present", 2))
        agent.alert(alert("over", 3, over=True))
        agent.alert(alert("closing", 3, over=True))
        heard = await up(agent, proxy, listener)
        assert texts(heard, LIVE) == ["known:1", "closing:1", "known:2", "present:2", "closing:3", "low:1"]
        assert texts(heard, HISTORY) == ["over:1", "closing:2", "present:1", "over:2", "over:3"]

    outage(tmp_path, work)


def test_rows_committed_while_connected_go_live_in_order_of_urgency_and_revision(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Proxy, listener: Listener) -> None:
        agent.alert(alert("a", 1, urgency=Urgency.ALERT_LOW), alert("a", 2), alert("b", 1))
        await settled(agent)
        assert texts(await everything(agent, listener), LIVE) == ["a:1", "a:2", "b:1"]

    outage(tmp_path, work)


def test_an_outage_loses_no_vitals_and_now_never_moves_backwards(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        for number in range(300):
            if number == 50:
                await down(agent, proxy)
            if number in {100, 200}:
                await until(lambda: agent.delivery.outbox.telemetry.size > 0)
            agent.publish(draft(text=str(number)))
        heard = await up(agent, proxy, listener)
        assert texts(heard, "root/bed/3/vitals") == [str(number) for number in range(300)]

    outage(tmp_path, work)


def test_what_is_too_old_when_it_is_sent_is_history_complete_and_in_order(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        await down(agent, proxy)
        long_ago = boottime() - 100 * SECOND
        for number in range(1_200):
            agent.delivery.publish(draft(text=str(number), made=long_ago))
        await until(lambda: agent.delivery.stats().waiting["on-disk"] == 1_200)
        agent.publish(draft(text="now"))
        heard = await up(agent, proxy, listener)
        assert texts(heard, "root/bed/3/vitals") == ["now"]
        assert texts(heard, "root/history/bed/3/vitals") == [str(number) for number in range(1_200)]
        assert agent.delivery.outbox.telemetry.size == 0

    outage(tmp_path, work)


def test_an_alert_and_live_vitals_pass_a_backlog_that_is_sent_at_its_rate(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        await down(agent, proxy)
        for number in range(1_000):
            agent.delivery.publish(draft(text=str(number), made=boottime() - 100 * SECOND))
        await until(lambda: agent.delivery.stats().waiting["on-disk"] == 1_000)
        proxy.refusing = False
        await until(lambda: agent.delivery.stats().connected)
        agent.alert(alert("urgent"))
        for number in range(20):
            agent.publish(draft(text=f"live {number}"))
        heard = await later(
            lambda: listener.wait(lambda all_: len(texts(all_, "root/bed/3/vitals")) == 20 and bool(texts(all_, LIVE)))
        )
        assert texts(heard, LIVE) == ["urgent:1"]
        assert len(texts(heard, "root/history/bed/3/vitals")) < 100, "one a second"

    outage(tmp_path, work, msgspec.structs.replace(QUICK, backlog_per_s=1))


def test_two_messages_of_the_same_moment_are_two(tmp_path: Path) -> None:
    async def work(agent: Agent, _: Proxy, listener: Listener) -> None:
        now = boottime()
        for _number in range(2):
            agent.delivery.publish(draft(text="same", made=now))
        both = bodies(await everything(agent, listener), "vitals")
        assert len({body.id for body in both}) == 2
        assert [body.seq for body in both] == [1, 2]

    outage(tmp_path, work)


def test_only_the_newest_of_a_slot_survives_an_outage(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        await down(agent, proxy)
        for number in range(5):
            agent.alert(alert("a", number + 1), slot(text=f"snapshot {number}"))
        heard = await up(agent, proxy, listener)
        assert texts(heard, "root/bed/3/alerts") == ["snapshot 4"]
        counts = {each.stream: each for each in agent.delivery.ledger.lines()}["bed/3/alerts"]
        assert counts.dropped == {"superseded": 4}

    outage(tmp_path, work)


def test_what_is_worth_nothing_late_is_counted_and_not_kept(tmp_path: Path) -> None:
    async def work(agent: Agent, proxy: Proxy, listener: Listener) -> None:
        await down(agent, proxy)
        agent.publish(draft("health", qos=0))
        agent.delivery.publish(
            draft("answer", history_topic="", live_s=None, expires_s=1, made=boottime() - 9 * SECOND)
        )
        heard = await up(agent, proxy, listener)
        assert not texts(heard, "root/answer")
        assert not texts(heard, "root/health")
        dropped = {each.stream: each.dropped for each in agent.delivery.ledger.lines()}
        assert dropped["health"] == {"offline": 1}
        assert dropped["answer"] == {"expired": 1}

    outage(tmp_path, work)


def test_a_stop_during_an_outage_leaves_everything_to_the_next_run(tmp_path: Path) -> None:
    async def work() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with Proxy(broker.port) as proxy:
                proxy.refuse()
                async with running(tmp_path, proxy.port) as first:
                    first.alert(alert("a"))
                    for number in range(10):
                        first.publish(draft(text=str(number)))
                proxy.refusing = False
                async with running(tmp_path, proxy.port) as second:
                    await settled(second)
                    heard = await everything(second, listener)
                    lines = {(each.run, each.stream): each for each in second.delivery.ledger.lines()}
        assert texts(heard, LIVE) == ["a:1"]
        assert texts(heard, "root/bed/3/vitals") == [str(number) for number in range(10)]
        vitals = lines[first.run, "bed/3/vitals"]
        assert (vitals.produced, vitals.accepted, vitals.dropped) == (10, 10, {})

    asyncio.run(work())
