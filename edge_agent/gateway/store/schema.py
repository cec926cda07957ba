"""The tables, and how an older file becomes a newer one: forward only, in one transaction, after a backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE alert (
            id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL, boot TEXT NOT NULL, run TEXT NOT NULL, stream TEXT NOT NULL,
            seq INTEGER NOT NULL, topic TEXT NOT NULL, history_topic TEXT NOT NULL, payload BLOB NOT NULL,
            qos INTEGER NOT NULL, retain INTEGER NOT NULL, urgency INTEGER NOT NULL, made INTEGER NOT NULL,
            expires_s INTEGER, live_s INTEGER, event_id TEXT NOT NULL, revision INTEGER NOT NULL, over INTEGER NOT NULL,
            correlation TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE TABLE announced (event_id TEXT PRIMARY KEY) WITHOUT ROWID",
        """CREATE TABLE telemetry (
            number INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, boot TEXT NOT NULL,
            made INTEGER NOT NULL, counts BLOB NOT NULL, messages BLOB NOT NULL)""",
        """CREATE TABLE dead_letter (
            number INTEGER PRIMARY KEY, id TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
            reason INTEGER NOT NULL)""",
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL)",
        """CREATE TABLE ledger (
            run TEXT NOT NULL, stream TEXT NOT NULL, produced INTEGER NOT NULL, accepted INTEGER NOT NULL,
            received INTEGER NOT NULL, acknowledged INTEGER NOT NULL, reserved INTEGER NOT NULL, dropped TEXT NOT NULL,
            PRIMARY KEY (run, stream)) WITHOUT ROWID""",
        "CREATE TABLE run (number INTEGER PRIMARY KEY, run TEXT NOT NULL, closed INTEGER NOT NULL)",
    ),
)
"""One entry per version: the statements that lead to it. `PRAGMA user_version` counts them."""

TABLES = {
    "alert": ("id",),
    "announced": ("event_id",),
    "telemetry": ("number",),
    "dead_letter": ("number",),
    "memory": ("key",),
    "audit": ("number",),
    "ledger": ("run", "stream"),
    "run": ("number",),
}
"""Every table with its primary key, in the order of salvage: what must not be lost first."""


PAGE_SIZE = "page_size=1024"
"""Measured with benchmarks/bytes_written.py, groups of 5 s: 29 MB per bed-day offline; SQLite's own 4096: 46 MB."""

UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What reading a damaged file may raise; Python decodes names and messages that the damage has reached."""


class NewerStore(Exception):  # noqa: N818 - it is no error of anybody's
    """The file was written by a newer version than this one."""

    def __init__(self, version: int) -> None:
        """Take the version found."""
        super().__init__(f"the store has version {version}")
        self.version = version


def connect(path: Path, *, busy_ms: int) -> sqlite3.Connection:
    """Open `path` for explicit transactions, WAL, no checkpoint inside a commit. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=busy_ms / 1000)
    connection.text_factory = lenient
    try:
        for pragma in (PAGE_SIZE, "journal_mode=WAL", "wal_autocheckpoint=0", "synchronous=FULL", "cache_size=-2000"):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:  # damaged names and messages raise more than sqlite3's own
        connection.close()
        raise
    return connection


def lenient(text: bytes) -> str:
    """Decode a column, damaged bytes included: its checksum tells, not an exception in the middle of a table."""
    return text.decode(errors="replace")


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> int:
    """Bring the file to the newest version, return the one found. Raises NewerStore, sqlite3.Error; then unchanged."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > len(migrations):
        raise NewerStore(found)
    if found == len(migrations):
        return int(found)
    if found > 0:
        back_up(connection, path.with_suffix(f".version-{found}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in migrations[found:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return int(found)


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the statement that made each table. Raises one of `UNREADABLE`."""
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())


def back_up(connection: sqlite3.Connection, to: Path) -> None:
    """Copy the whole store to the file `to`, replacing it. Raises sqlite3.Error or OSError."""
    to.unlink(missing_ok=True)
    with closing(sqlite3.connect(to)) as copy:
        connection.backup(copy)
