"""The file itself, for the writer thread alone: opened, migrated, replaced when damaged, checkpointed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from edge_agent.gateway.store import salvage
from edge_agent.gateway.store.schema import UNREADABLE, NewerStore, connect, migrate, tables

CHECKED_BYTES = 64 * 1024 * 1024
"""A larger file is not read whole at the start; damage in it is found when it is met."""

LOG_BYTES = 1024 * 1024
"""At this size the write-ahead log goes into the file: seldom, for the card; in small steps, so that no alert waits."""


class Database:
    """One SQLite file. Every method may raise sqlite3.Error or OSError."""

    def __init__(self, path: Path, *, busy_ms: int) -> None:
        self.path = path
        self._busy_ms = busy_ms
        self._connection: sqlite3.Connection | None = None
        self._full = True
        self._condemned = False

    def open(self) -> str:
        """Open the file, unless it is open; return what had to be done for it, "" for nothing."""
        if self._connection is not None:
            return ""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        salvage.finish(self.path)
        note = ""
        try:
            self._connection = self._sound()
        except NewerStore as newer:
            note = f"{newer}: {salvage.replace(self.path, f'newer-{newer.version}', salvage.NEWER_TABLES)}"
        except UNREADABLE as error:
            if not is_damage(error):
                raise
            note = f"{error}: {salvage.replace(self.path, 'corrupt')}"
            self._condemned = False
        self._connection = self._connection or self._sound()
        self._full = True
        return note

    def condemn(self) -> None:
        """Close the file, which is damaged; the next `open` replaces it."""
        self._condemned = True
        self.close()

    def close(self) -> None:
        """Close the file; the write-ahead log goes into it."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """Run one write transaction; `durable`: on the disk when it ends, else only safe from a kill of us."""
        connection = self.reader
        if durable is not self._full:
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._full = durable
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # the first error is the one to tell
                    connection.execute("ROLLBACK")
            raise

    @property
    def reader(self) -> sqlite3.Connection:
        """Return the open connection."""
        if self._connection is None:
            raise sqlite3.OperationalError("the store is not open")
        return self._connection

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file once it is long."""
        log = self.path.with_name(self.path.name + "-wal")
        if self._connection is not None and log.exists() and log.stat().st_size >= LOG_BYTES:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _sound(self) -> sqlite3.Connection:
        if self._condemned:
            raise sqlite3.DatabaseError("damage was met while running")
        connection = connect(self.path, busy_ms=self._busy_ms)
        try:
            migrate(connection, self.path)
            _check(connection, whole=self.path.stat().st_size <= CHECKED_BYTES)
        except BaseException:
            connection.close()
            raise
        return connection


def _check(connection: sqlite3.Connection, *, whole: bool) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as pristine:
        migrate(pristine, Path())
        if tables(connection) != tables(pristine):
            raise sqlite3.DatabaseError("its tables are not those of its version")
    if whole:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)


def is_damage(error: BaseException) -> bool:
    """Return whether the file itself is broken; a full, locked or failing disk is an OperationalError instead."""
    return type(error) in UNREADABLE
