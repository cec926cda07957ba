"""kill -9 of a real process with unsent messages; what it leaves reaches the broker when the next one has it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.broker import Broker, Heard, Listener, free_port
from tests.delivery.agent import bodies, later, running, settled
from tests.delivery.parts import alert, read, slot, stored, until

LIVE, HISTORY = "root/bed/3/alert", "root/history/bed/3/alert"


def killed(folder: Path, port: int, alerts: int, samples: int) -> str:
    """Run a doomed process until everything is durable, kill it, and return its run."""
    command = [sys.executable, "-m", "tests.delivery.doomed", str(folder), str(port), str(alerts), str(samples)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        said = next((line for line in process.stdout if line.startswith("ready")), "")
        process.kill()
    assert said, "the process ended before it was ready"
    return said.split()[1]


def survivors(folder: Path, port: int, run: str) -> tuple[list[Heard], dict[str, int]]:
    """Start the broker, a listener, then the next run; return what is heard and the killed run's losses by stream."""

    async def scenario() -> tuple[list[Heard], dict[str, int]]:
        with Broker(port=port), Listener(port) as listener:
            async with running(folder, port) as agent:
                await settled(agent)
                agent.publish(slot("last", "last"))
                heard = await later(lambda: listener.wait(lambda all_: any(e.topic == "root/last" for e in all_)))
                assert agent.delivery.ledger.balanced(agent.delivery.outbox.queued())
                earlier = [each for each in agent.delivery.ledger.lines() if each.run == run]
                return heard, {each.stream: sum(each.dropped.values()) for each in earlier}

    return asyncio.run(scenario())


def test_every_event_of_a_killed_process_arrives_live_or_as_history(tmp_path: Path) -> None:
    port = free_port()
    run = killed(tmp_path, port, alerts=20, samples=300)
    heard, lost = survivors(tmp_path, port, run)
    live, past = (
        Counter(read(each.payload).text for each in heard if each.topic == topic) for topic in (LIVE, HISTORY)
    )
    over = {number for number in range(20) if number % 3 == 0}
    assert live == Counter(f"event-{number}:1" for number in range(20) if number not in over)
    assert past == Counter(f"event-{number}:{revision}" for number in over for revision in (1, 2))
    vitals = [body for body in bodies(heard, "vitals") if body.run == run]
    assert sorted({body.seq for body in vitals}) == list(range(1, 301))
    assert len({body.id for body in vitals}) == 300
    assert lost["bed/3/alert"] == 0, "alerts are counted exactly"
    assert lost["bed/3/vitals"] >= 0, "an upper bound: none was lost"


def test_killed_twice_the_first_life_is_not_forgotten(tmp_path: Path) -> None:
    port = free_port()
    first = killed(tmp_path, port, alerts=3, samples=10)
    second = killed(tmp_path, port, alerts=4, samples=10)
    heard, _ = survivors(tmp_path, port, second)
    arrived = Counter((body.run, body.seq) for body in bodies(heard, "alert") if body.run in {first, second})
    assert arrived == Counter([*((first, seq) for seq in range(1, 5)), *((second, seq) for seq in range(1, 7))])


def test_started_with_the_broker_down_the_first_alert_is_durable_with_the_wards_memory(tmp_path: Path) -> None:
    killed(tmp_path, free_port(), alerts=1, samples=0)

    async def left() -> tuple[list[str], dict[str, bytes], bool]:
        async with stored(tmp_path) as store:
            opening = await store.open()
            texts = [read(kept.message.payload).text for kept in opening.alerts]
            return texts, opening.memory, opening.crashed

    assert asyncio.run(left()) == (["event-0:1", "event-0:2"], {"ward": b"0"}, True)


def test_an_alert_whose_start_was_live_before_the_kill_ends_live_after_it(tmp_path: Path) -> None:
    """The memory of what screens know survives: committed with the alert, before it was sent."""

    async def scenario() -> list[str]:
        with Broker() as broker, Listener(broker.port, "root/bed/#", "root/history/#") as listener:
            async with running(tmp_path / "0", broker) as first:
                await settled(first)
                first.alert(alert("known"))
                await settled(first)
                broker.freeze()
                first.alert(alert("known", 2, over=True))
                await until(lambda: all(entry.stored for entry in first.delivery.outbox.alerts.entries.values()))
                await copied(tmp_path / "0", tmp_path / "1")
                broker.thaw()
            listener.heard.clear()
            async with running(tmp_path / "1", broker) as second:
                await settled(second)
                heard = await later(lambda: listener.wait(lambda all_: any(b"known:2" in e.payload for e in all_)))
        return [f"{each.topic} {read(each.payload).text}" for each in heard if b"known:2" in each.payload]

    assert asyncio.run(scenario()) == [f"{LIVE} known:2"]


async def copied(folder: Path, to: Path) -> None:
    """Copy the files as a kill now would leave them."""
    await later(lambda: subprocess.run(["cp", "-r", str(folder), str(to)], check=True))
