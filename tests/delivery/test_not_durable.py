"""Law 7: an alert is announced within its bound even when the disk fails, and says so."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from edge_agent.gateway.store.store import FILE_NAME
from tests.broker import Broker, Listener
from tests.delivery.agent import QUICK, Agent, bodies, later, running, settled
from tests.delivery.parts import Sealed, alert, draft, slot, stored, until
from tests.delivery.test_store_damage import files_limited_to


async def announced(listener: Listener, number: int) -> list[Sealed]:
    return bodies(await later(lambda: listener.wait(lambda heard: len(bodies(heard, "/alert")) == number)), "/alert")


def test_on_a_full_disk_it_is_announced_marked_and_reported_until_there_is_room(tmp_path: Path) -> None:
    async def scenario() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with running(tmp_path, broker) as agent:
                await settled(agent)
                agent.alert(alert("before"))
                await settled(agent)
                with files_limited_to(1024):
                    agent.alert(alert("full"), slot(text="shown"))
                    before, full = await announced(listener, 2)
                    await until(lambda: agent.has_told("alert-not-durable"))
                    assert agent.delivery.stats().storage
                assert (before.durable, full.durable, full.seq) == (True, False, 2)
                await until(lambda: agent.relieved("alert-not-durable"))
                agent.alert(alert("after"))
                assert (await announced(listener, 3))[-1].durable

    asyncio.run(scenario())


def test_nothing_of_an_alert_is_announced_before_it_is_on_the_disk(tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, commit_s=60)

    async def scenario() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with running(tmp_path, broker, limits=limits, busy_ms=30_000) as agent:
                await settled(agent)
                with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
                    agent.alert(alert("a"), slot(text="shows a"))
                    agent.publish(draft(text="published after it"))
                    await later(lambda: listener.wait(lambda heard: len(bodies(heard, "/heartbeat")) > 2))
                    heard = listener.wait(lambda heard: bool(bodies(heard, "/vitals")))
                    assert not bodies(heard, "/alert")
                    assert not bodies(heard, "/alerts")
                (body,) = await announced(listener, 1)
                assert body.durable

    asyncio.run(scenario())


def test_a_disk_that_hangs_delays_an_alert_by_its_bound_and_no_longer(tmp_path: Path) -> None:
    """Somebody else holds the store's lock, and SQLite waits for it far longer than an alert may."""
    limits = msgspec.structs.replace(QUICK, commit_s=0.2)

    async def scenario() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with running(tmp_path, broker, limits=limits, busy_ms=30_000) as agent:
                await settled(agent)
                with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
                    other.execute("BEGIN IMMEDIATE")
                    agent.alert(alert("slow"))
                    (slow,) = await announced(listener, 1)
                    assert not slow.durable
                    await until(lambda: agent.has_told("alert-not-durable"))
                    assert not agent.delivery._store.failing, "the disk has not answered at all"
                await until(lambda: agent.relieved("alert-not-durable"))

    asyncio.run(scenario())


def test_an_alert_that_could_not_be_stored_while_offline_is_stored_when_there_is_room(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, 1) as agent:
            with files_limited_to(1024):
                agent.alert(alert("a"))
                await until(lambda: agent.has_told("alert-not-durable"))
            await until(lambda: agent.relieved("alert-not-durable"))
            assert stored_texts(tmp_path) == [b'"durable":true']

    asyncio.run(scenario())


def stored_texts(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as store:
        return [payload.split(b",")[4] for (payload,) in store.execute("SELECT payload FROM alert")]


def test_no_store_at_all_stops_no_alert(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be", encoding="ascii")

    async def scenario() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with running(folder, broker) as agent:
                agent.alert(alert("a"))
                (body,) = await announced(listener, 1)
                assert not body.durable

    asyncio.run(scenario())


def test_what_a_store_that_was_locked_at_the_start_held_is_sent_once_it_can_be_read(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, 1) as first:
            first.alert(alert("old"))
            first.publish(draft(text="old vitals"))
        with Broker() as broker, Listener(broker.port) as listener:
            with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                opening = running(tmp_path, broker)
                second = await opening.__aenter__()
                second.alert(alert("new"))
                assert [body.text for body in await announced(listener, 1)] == ["new:1"]
            assert {body.text for body in await announced(listener, 2)} == {"new:1", "old:1"}
            await later(lambda: listener.wait(lambda heard: "old vitals" in [b.text for b in bodies(heard, "/vitals")]))
            await settled(second)
            assert second.delivery.ledger.balanced(second.delivery.outbox.queued())
            await opening.__aexit__(None, None, None)

    asyncio.run(scenario())


def test_a_disk_that_hangs_keeps_no_service_from_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_agent.gateway.delivery.delivery.PARK_S", 0.1)

    async def scenario() -> None:
        async with running(tmp_path, 1, busy_ms=30_000) as agent:
            agent.publish(draft())
            with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                await agent.delivery.stop()

    asyncio.run(scenario())


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a file system of 256 KiB there. Needs root, and a kernel that lets root mount."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("may not mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_filled_by_somebody_else_stops_no_alert_and_heals(tmp_path: Path) -> None:
    async def scenario(agent: Agent, listener: Listener) -> None:
        await settled(agent)
        filler = tmp_path / "small" / "filler"
        with filler.open("wb", buffering=0) as file:
            fill(file.fileno())
        agent.alert(alert("a"), memory={"ward": os.urandom(100_000)})
        (body,) = await announced(listener, 1)
        assert not body.durable
        filler.unlink()
        await until(lambda: agent.relieved("alert-not-durable"))

    async def run() -> None:
        with Broker() as broker, Listener(broker.port) as listener:
            async with running(tmp_path / "small", broker) as agent:
                await scenario(agent, listener)
        async with stored(tmp_path / "small") as store:
            assert (await store.open()).damaged == 0

    with small_disk(tmp_path / "small"):
        asyncio.run(run())


def fill(file: int) -> None:
    """Write until there is no room."""
    for size in (4096, 256, 1):
        with suppress(OSError):
            while True:
                os.write(file, b"x" * size)
