from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge_agent.gateway.store import database, schema
from edge_agent.gateway.store.records import Opening
from edge_agent.gateway.store.schema import MIGRATIONS, migrate
from edge_agent.gateway.store.store import FILE_NAME
from tests.delivery.parts import Troubles, draft, kept, stored


async def filled(folder: Path, alerts: int = 40) -> None:
    async with stored(folder) as store:
        await store.open()
        assert await store.commit_alert([kept(number) for number in range(1, alerts + 1)], {"ward": b"snapshot" * 99})
        assert await store.spill(1, [kept(100, draft())], {("run", "stream"): 1})


async def opened(folder: Path) -> tuple[Opening, Troubles]:
    troubles = Troubles()
    async with stored(folder, troubles) as store:
        opening = await store.open()
        assert await store.commit_alert([kept(1000)], {})
    return opening, troubles


@pytest.fixture
def full(tmp_path: Path) -> Path:
    asyncio.run(filled(tmp_path))
    return tmp_path / FILE_NAME


def test_a_store_cut_in_half_is_set_aside_and_what_can_be_read_is_taken_over(full: Path) -> None:
    size = full.stat().st_size
    with full.open("r+b") as file:
        file.truncate(size // 2)
    opening, troubles = asyncio.run(opened(full.parent))
    assert len(troubles.notes) == 1
    assert "corrupt-1" in troubles.notes[0]
    assert (full.parent / "store.corrupt-1").stat().st_size == size // 2
    assert {alert.ordinal for alert in opening.alerts} <= set(range(1, 41))


def test_a_damaged_page_costs_its_own_rows_alone(full: Path) -> None:
    with full.open("r+b") as file:
        leaf = next(page for page in range(1, 200) if _is_leaf_of_alerts(full, page))
        file.seek(leaf * 1024)
        file.write(b"\xff" * 1024)
    opening, troubles = asyncio.run(opened(full.parent))
    assert "taken over" in troubles.notes[0]
    assert 25 <= len(opening.alerts) < 40
    assert opening.memory == {"ward": b"snapshot" * 99}


def _is_leaf_of_alerts(path: Path, page: int) -> bool:
    content = path.read_bytes()[page * 1024 : (page + 1) * 1024]
    return content[:1] == b"\x0a" and content.count(b"this-boot") > 1


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 1000)
    opening, troubles = asyncio.run(opened(tmp_path))
    assert opening == Opening(complete=True)
    assert troubles.notes[0].endswith("taken over: nothing")


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bytes_never_raise_and_never_give_an_altered_alert(full: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(full.read_bytes())
    for _ in range(chance.randrange(1, 30)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    full.write_bytes(content)
    opening, _ = asyncio.run(opened(full.parent))
    for alert in opening.alerts:
        assert alert == kept(alert.ordinal)


def test_damage_met_while_running_is_repaired_and_the_alert_is_durable(tmp_path: Path) -> None:
    troubles = Troubles()

    async def scenario() -> None:
        async with stored(tmp_path, troubles) as store:
            await store.open()
            for number in range(1, 100):  # more than SQLite keeps in memory, so that it has to read the damage
                await store.spill(number, [kept(number, draft(text=random.Random(number).randbytes(30_000).hex()))], {})
            await store.commit_alert([kept(200)], {})
            with (tmp_path / FILE_NAME).open("r+b") as file:
                file.seek(8192)
                file.write(b"\xff" * 1_000_000)
            await asyncio.gather(*(store.load(number) for number in range(1, 100)))
            assert await store.commit_alert([kept(300)], {})
            assert store.replaced == 1
        async with stored(tmp_path) as store:
            assert kept(300) in (await store.open()).alerts

    asyncio.run(scenario())
    assert len(troubles.notes) == 1


def test_no_more_than_three_old_files_are_kept(tmp_path: Path) -> None:
    for _ in range(6):
        (tmp_path / FILE_NAME).write_bytes(b"x" * 10_000)
        asyncio.run(opened(tmp_path))
    assert len(list(tmp_path.glob("store.corrupt-*"))) == 3


def test_a_newer_store_is_set_aside_and_its_unsent_alerts_are_taken_over(full: Path) -> None:
    with closing(sqlite3.connect(full)) as newer:
        newer.execute("ALTER TABLE alert ADD COLUMN colour TEXT")
        newer.execute(f"PRAGMA user_version={len(MIGRATIONS) + 3}")
    opening, troubles = asyncio.run(opened(full.parent))
    assert [alert.ordinal for alert in opening.alerts] == list(range(1, 41))
    assert opening.memory == {}
    assert len(list(full.parent.glob(f"store.newer-{len(MIGRATIONS) + 3}-*"))) == 1
    assert "40 alert" in troubles.notes[0]


def test_a_kill_between_setting_aside_and_putting_in_place_loses_nothing(full: Path) -> None:
    full.rename(full.with_suffix(".fresh"))
    opening, _ = asyncio.run(opened(full.parent))
    assert len(opening.alerts) == 40


def test_an_older_store_is_migrated_in_one_step_after_a_backup(full: Path) -> None:
    with closing(schema.connect(full, busy_ms=0)) as connection:
        found = migrate(connection, full, (*MIGRATIONS, ("ALTER TABLE alert ADD COLUMN colour TEXT DEFAULT 'red'",)))
        assert found == len(MIGRATIONS)
        assert connection.execute("SELECT DISTINCT colour FROM alert").fetchall() == [("red",)]
    with closing(sqlite3.connect(full.with_suffix(f".version-{found}"))) as backup:
        assert backup.execute("SELECT count(*) FROM alert").fetchone() == (40,)


def test_a_migration_that_fails_changes_nothing(full: Path) -> None:
    with closing(schema.connect(full, busy_ms=0)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, full, (*MIGRATIONS, ("DELETE FROM alert", "no statement at all")))
        assert connection.execute("SELECT count(*) FROM alert").fetchone() == (40,)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let every write beyond `size` bytes of a file fail, as on a full disk. Needs no root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def locked(folder: Path) -> sqlite3.Connection:
    """Return a connection of somebody else that holds the store's write lock."""
    other = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_full_disk_is_an_answer_and_a_report_and_passes(tmp_path: Path) -> None:
    troubles = Troubles()

    async def scenario() -> None:
        async with stored(tmp_path, troubles) as store:
            await store.open()
            with files_limited_to(200_000):
                assert not await store.commit_alert([kept(1, draft(text="x" * 300_000))], {})
                assert store.failing
            assert await store.commit_alert([kept(2)], {})
            await asyncio.sleep(0)
            assert not store.failing
        async with stored(tmp_path) as store:
            assert [alert.ordinal for alert in (await store.open()).alerts] == [2]

    asyncio.run(scenario())
    assert troubles.heard[-1] == ""
    assert len(troubles.heard) == 2


def test_a_lock_held_by_somebody_else_is_an_answer_too(tmp_path: Path) -> None:
    troubles = Troubles()

    async def scenario() -> None:
        async with stored(tmp_path, troubles, busy_ms=10) as store:
            await store.open()
            with closing(locked(tmp_path)):
                assert not await store.commit_alert([kept(1)], {})
            assert await store.commit_alert([kept(1)], {})

    asyncio.run(scenario())
    assert troubles.heard == ["database is locked", ""]


def test_a_folder_that_cannot_be_used_is_an_answer_and_heals(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be", encoding="ascii")

    async def scenario() -> None:
        async with stored(folder) as store:
            assert await store.open() == Opening()
            assert store.failing
            assert not await store.commit_alert([kept(1)], {})
            folder.unlink()
            assert await store.commit_alert([kept(1)], {})

    asyncio.run(scenario())


def test_the_log_goes_into_the_file_and_stays_short(tmp_path: Path) -> None:
    async def scenario() -> int:
        async with stored(tmp_path) as store:
            await store.open()
            for number in range(1, 40):
                await store.spill(number, [kept(number, draft(text=random.Random(number).randbytes(60_000).hex()))], {})
            return (tmp_path / f"{FILE_NAME}-wal").stat().st_size

    assert asyncio.run(scenario()) < database.LOG_BYTES


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b""), lambda file: file.unlink()])
def test_an_empty_or_missing_file_is_a_fresh_store(full: Path, spoil: Callable[[Path], object]) -> None:
    spoil(full)
    assert asyncio.run(opened(full.parent))[0] == Opening(complete=True)
