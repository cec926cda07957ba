"""What the writer thread does, one transaction each. Every function may raise sqlite3.Error or OSError."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from edge_agent.gateway.store import rows
from edge_agent.gateway.store.database import Database
from edge_agent.gateway.store.records import Counts, Group, Kept, Opening, Settled

RUNS_KEPT = 10
"""The ledgers of older runs are forgotten, once nothing of theirs is left to send."""

AUDIT_KEPT, DEAD_KEPT = 20_000, 1_000
"""Rows of the audit trail and of dead letters; beyond, the oldest goes."""


def load_all(database: Database) -> Opening:
    """Read what the last run left; remove rows that have been damaged, and count them."""
    opening = Opening()
    with database.transaction(durable=False) as connection:
        for alert in list(rows.alerts(connection)):
            if isinstance(alert, Kept):
                opening.alerts.append(alert)
            else:
                _remove(connection, "DELETE FROM alert WHERE id = ?", alert, opening)
        for group in list(rows.groups(connection)):
            if isinstance(group, Group):
                opening.groups.append(group)
            else:
                _remove(connection, "DELETE FROM telemetry WHERE number = ?", group, opening)
        for key, value in list(rows.memory(connection)):
            if value is not None:
                opening.memory[key] = value
            else:
                _remove(connection, "DELETE FROM memory WHERE key = ?", key, opening)
        opening.announced = {event for (event,) in connection.execute("SELECT event_id FROM announced")}
        opening.counts = rows.counts(connection)
        last = connection.execute("SELECT closed FROM run ORDER BY number DESC LIMIT 1").fetchone()
    opening.crashed = last == (0,)
    opening.complete = True
    ordinals = [alert.ordinal for alert in opening.alerts] + [group.last for group in opening.groups]
    opening.last_ordinal = max(ordinals, default=0)
    return opening


def commit_alert(
    database: Database,
    alerts: Sequence[Kept],
    memory: Mapping[str, bytes],
    announced: Sequence[str],
    counts: Sequence[Counts],
) -> bool:
    """Write alerts, what is remembered with them, and the events to be announced; on the disk when it returns."""
    with database.transaction(durable=True) as connection:
        for kept in alerts:
            rows.put_alert(connection, kept)
        for key, value in memory.items():
            rows.put_memory(connection, key, value)
        connection.executemany("INSERT OR IGNORE INTO announced VALUES (?)", _single(announced))
        for each in counts:
            rows.put_counts(connection, each)
    return True


def settle(database: Database, settled: Settled) -> bool:
    """Forget what left the outbox, keep what was refused, write the ledger that says so."""
    with database.transaction(durable=False) as connection:
        connection.executemany("DELETE FROM alert WHERE id = ?", _single(settled.alerts))
        connection.executemany("DELETE FROM telemetry WHERE number = ?", _single(settled.groups))
        connection.executemany("DELETE FROM announced WHERE event_id = ?", _single(settled.over))
        for dead in settled.dead:
            row = (dead.message.id, dead.message.topic, dead.message.payload, dead.reason)
            connection.execute("INSERT INTO dead_letter (id, topic, payload, reason) VALUES (?, ?, ?, ?)", row)
        if settled.dead:
            prune = "DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?"
            connection.execute(prune, (DEAD_KEPT,))
        for each in settled.counts:
            rows.put_counts(connection, each)
    return True


def spill(database: Database, number: int, kept: list[Kept], counted: dict[tuple[str, str], int]) -> Group:
    """Write telemetry as group `number`."""
    with database.transaction(durable=False) as connection:
        return rows.put_group(connection, number, kept, counted)


def load(database: Database, number: int) -> list[Kept]:
    """Return the messages of the group `number`; none when it is gone or damaged."""
    return rows.group(database.reader, number) or []


def audit(database: Database, entry: str) -> bool:
    """Append one line to the audit trail; on the disk when it returns."""
    with database.transaction(durable=True) as connection:
        connection.execute("INSERT INTO audit (entry) VALUES (?)", (entry,))
        prune = "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?"
        connection.execute(prune, (AUDIT_KEPT,))
    return True


def audited(database: Database) -> list[str]:
    """Return the audit trail, oldest first."""
    return [entry for (entry,) in database.reader.execute("SELECT entry FROM audit ORDER BY number")]


def begin(database: Database, run: str, unsettled: Sequence[str]) -> bool:
    """Note that a run has begun, and forget the ledgers of runs long gone, except `unsettled` ones."""
    with database.transaction(durable=False) as connection:
        connection.execute("INSERT INTO run (run, closed) VALUES (?, 0)", (run,))
        connection.execute("DELETE FROM run WHERE number <= (SELECT max(number) FROM run) - ?", (RUNS_KEPT,))
        old = connection.execute("SELECT DISTINCT run FROM ledger WHERE run NOT IN (SELECT run FROM run)").fetchall()
        gone = [row for row in old if row[0] not in unsettled]
        connection.executemany("DELETE FROM ledger WHERE run = ?", gone)
    return True


def finish(database: Database, run: str) -> bool:
    """Note that a run has ended in order; on the disk when it returns."""
    with database.transaction(durable=True) as connection:
        connection.execute("UPDATE run SET closed = 1 WHERE run = ?", (run,))
    return True


def _remove(connection: sqlite3.Connection, statement: str, key: object, opening: Opening) -> None:
    connection.execute(statement, (key,))
    opening.damaged += 1


def _single(values: Iterable[object]) -> list[tuple[object]]:
    return [(value,) for value in values]
