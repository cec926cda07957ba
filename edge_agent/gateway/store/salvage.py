"""What is done with a file that cannot be used: readable rows go into a fresh one, the old one is kept aside.

Killed at any step, the next start finds the old file, or the fresh one complete.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from edge_agent.gateway.store.schema import TABLES, UNREADABLE, connect, lenient, migrate

KEPT_ASIDE = 3
"""Old files kept for whoever wants to look into them; with more, the oldest goes."""

NEWER_TABLES = ("alert", "announced")
"""What is taken over from a newer version's file: unsent alerts, not what only that version understands."""

_COMPANIONS = ("-wal", "-shm")


def replace(path: Path, label: str, tables: Iterable[str] = TABLES) -> str:
    """Put a fresh store in the place of `path`, keep the old one beside it under `label`, and return what was done.

    Raises sqlite3.Error or OSError when not even a fresh one can be written; then the old one is still in its place.
    """
    fresh = _fresh(path)
    _remove(fresh)
    copied = _copy(path, fresh, tables)
    aside = _free_name(path, label)
    for suffix in ("", *_COMPANIONS):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    fresh.rename(path)
    _prune(path)
    saved = ", ".join(f"{number} {table}" for table, number in copied.items() if number) or "nothing"
    return f"store set aside as {aside.name}; taken over: {saved}"


def finish(path: Path) -> None:
    """Complete or undo what a kill interrupted."""
    fresh = _fresh(path)
    if fresh.exists() and not path.exists():
        fresh.rename(path)
    _remove(fresh)


def _fresh(path: Path) -> Path:
    return path.with_suffix(".fresh")


def _copy(old: Path, fresh: Path, tables: Iterable[str]) -> dict[str, int]:
    with closing(connect(fresh, busy_ms=0)) as target:
        migrate(target, fresh)
        with closing(sqlite3.connect(old)) as source:
            source.text_factory = lenient
            target.execute("BEGIN IMMEDIATE")
            copied = {table: _copy_table(source, target, table) for table in tables}
            target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return copied


def _copy_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    before = target.total_changes
    columns = sorted(_columns(source, table) & _columns(target, table))
    names = ", ".join(columns)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our table
    for row in _readable(source, table, names) if columns else ():
        target.execute(insert, row)
    return target.total_changes - before


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    try:
        return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
    except UNREADABLE:
        return set()


def _readable(source: sqlite3.Connection, table: str, names: str) -> Iterator[tuple[object, ...]]:
    """Yield rows from the front up to the first damage, then from the back; rows may come twice."""
    for order in ("ASC", "DESC"):
        keys = ", ".join(f"{key} {order}" for key in TABLES[table])
        try:
            yield from source.execute(f"SELECT {names} FROM {table} ORDER BY {keys}")  # noqa: S608 - our table
        except UNREADABLE:
            continue
        return


def _free_name(path: Path, label: str) -> Path:
    number = 1
    while (aside := path.with_suffix(f".{label}-{number}")).exists():
        number += 1
    return aside


def _prune(path: Path) -> None:
    marks = (".corrupt-", ".newer-")
    aside = [file for file in path.parent.iterdir() if any(mark in file.name for mark in marks)]
    mains = [file for file in aside if not file.name.endswith(_COMPANIONS)]
    for old in sorted(mains, key=lambda file: file.stat().st_mtime_ns)[:-KEPT_ASIDE]:
        _remove(old)


def _remove(path: Path) -> None:
    for suffix in ("", *_COMPANIONS):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
