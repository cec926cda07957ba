"""Records to rows and back. An alert's row is plain columns, so that any version and any tool can read it."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from edge_agent.gateway.store.records import Counts, Group, Kept
from edge_agent.wire.outgoing import Outgoing

_ALERT = (
    *("id", "ordinal", "boot", "run", "stream", "seq", "topic", "history_topic", "payload", "qos", "retain", "urgency"),
    *("made", "expires_s", "live_s", "event_id", "revision", "over", "correlation"),
)
"""What the checksum of an alert's row covers, in this order."""

_PUT_ALERT = """INSERT OR REPLACE INTO alert VALUES (
    :id, :ordinal, :boot, :run, :stream, :seq, :topic, :history_topic, :payload, :qos, :retain, :urgency, :made,
    :expires_s, :live_s, :event_id, :revision, :over, :correlation, :checksum)"""
_PUT_COUNTS = """INSERT OR REPLACE INTO ledger VALUES (
    :run, :stream, :produced, :accepted, :received, :acknowledged, :reserved, :dropped)"""
_PUT_GROUP = "INSERT INTO telemetry VALUES (:number, :first, :last, :boot, :made, :counts, :messages)"

_pack = msgspec.msgpack.Encoder()
_messages = msgspec.msgpack.Decoder(list[Kept])
_counted = msgspec.msgpack.Decoder(dict[str, dict[str, int]])
_reasons = msgspec.json.Decoder(dict[str, int])

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Decoder(Protocol[T_co]):
    """What msgspec's decoders have in common."""

    def decode(self, buf: bytes, /) -> T_co:
        """Return what `buf` holds. Raises msgspec.DecodeError."""


def put_alert(connection: sqlite3.Connection, kept: Kept) -> None:
    """Insert or replace one unsent alert."""
    row = {"ordinal": kept.ordinal, "boot": kept.boot} | msgspec.structs.asdict(kept.message)
    columns = {name: _plain(row[name]) for name in _ALERT}
    connection.execute(_PUT_ALERT, columns | {"checksum": _checksum(columns)})


def _plain(value: object) -> object:
    return int(value) if isinstance(value, int) else value


def alerts(connection: sqlite3.Connection) -> Iterator[Kept | str]:
    """Yield every unsent alert in order; for one whose row has been damaged, its id alone."""
    for row in _select(connection, "SELECT * FROM alert ORDER BY ordinal"):
        sound = row.pop("checksum") == _checksum(row)
        message = _record(row, Outgoing) if sound else None
        yield row["id"] if message is None else Kept(row["ordinal"], row["boot"], message)


def put_counts(connection: sqlite3.Connection, counts: Counts) -> None:
    """Insert or replace the ledger of one stream of one run."""
    dropped = msgspec.json.encode(counts.dropped).decode()
    connection.execute(_PUT_COUNTS, msgspec.structs.asdict(counts) | {"dropped": dropped})


def counts(connection: sqlite3.Connection) -> list[Counts]:
    """Return the ledger of every stream of every run that is kept; a damaged one is left out."""
    rows = _select(connection, "SELECT * FROM ledger")
    found = (_record(row | {"dropped": _decode(_reasons, row["dropped"])}, Counts) for row in rows)
    return [counts for counts in found if counts is not None]


def put_group(
    connection: sqlite3.Connection, number: int, kept: list[Kept], counted: dict[tuple[str, str], int]
) -> Group:
    """Write telemetry together, compressed; return what was written. `kept` is in order and not empty."""
    blob = zlib.compress(_pack.encode(kept), level=9)
    last = kept[-1]
    row: dict[str, Any] = {"number": number, "first": kept[0].ordinal, "last": last.ordinal, "boot": last.boot}
    row["made"] = last.message.made
    connection.execute(_PUT_GROUP, row | {"counts": _pack.encode(_nested(counted)), "messages": blob})
    return Group(**row, size=len(blob), counts=counted)


def groups(connection: sqlite3.Connection) -> Iterator[Group | int]:
    """Yield every group of telemetry in order, without its messages; for a damaged one, its number alone."""
    query = "SELECT number, first, last, boot, made, length(messages) AS size, counts FROM telemetry ORDER BY first"
    for row in _select(connection, query):
        counted = _decode(_counted, row["counts"]) or {}
        flat = {(run, stream): number for run, streams in counted.items() for stream, number in streams.items()}
        group = _record(row | {"counts": flat}, Group) if flat else None
        yield row["number"] if group is None else group


def group(connection: sqlite3.Connection, number: int) -> list[Kept] | None:
    """Return the messages of group `number`; None when it is gone or damaged."""
    row = connection.execute("SELECT messages FROM telemetry WHERE number = ?", (number,)).fetchone()
    blob = None if row is None else _inflate(row[0])
    return None if blob is None else _decode(_messages, blob)


def put_memory(connection: sqlite3.Connection, key: str, value: bytes) -> None:
    """Remember `value` under `key`, compressed; zlib's own checksum guards it."""
    connection.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (key, zlib.compress(value, level=1)))


def memory(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes | None]]:
    """Yield everything remembered; None for a value that has been damaged."""
    for key, blob in connection.execute("SELECT key, value FROM memory"):
        yield key, _inflate(blob)


def _nested(counted: dict[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Write each run once, not once a stream."""
    nested: dict[str, dict[str, int]] = {}
    for (run, stream), number in counted.items():
        nested.setdefault(run, {})[stream] = number
    return nested


def _record(row: dict[str, Any], kind: type[T]) -> T | None:
    try:
        return msgspec.convert(row, kind, strict=False, builtin_types=(bytes,))  # SQLite knows no bool
    except msgspec.ValidationError:
        return None


def _decode(decoder: Decoder[T], text: Any) -> T | None:  # noqa: ANN401 - whatever a damaged column holds
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, TypeError):
        return None


def _inflate(blob: bytes) -> bytes | None:
    try:
        return zlib.decompress(blob)
    except (zlib.error, TypeError):
        return None


def _checksum(columns: dict[str, Any]) -> int:
    return zlib.crc32(_pack.encode([columns.get(name) for name in _ALERT]))


def _select(connection: sqlite3.Connection, query: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))
