"""What every outgoing payload carries beside what it says: its place in its stream, and when by which clock."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import Annotated
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from edge_agent.domain.settings import SECOND
from edge_agent.wire.outgoing import Stamp

UNSYNCED = "unsynced"
TRUSTS = ("synced", "holdover", UNSYNCED)
"""How far the wall clock is believed: set by NTP, was set by NTP in this boot, or not at all."""


Uuid = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Utc = Annotated[str, Meta(extra_json_schema={"format": "date-time"})] | None
"""RFC 3339 UTC with ms; None while the clock is not trusted."""

Micros = Annotated[int, Meta(description="the same in microseconds of CLOCK_BOOTTIME")]


class Body(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="schema"):
    """What every outgoing payload shares: its tag is its schema id with version; what does not apply is left out."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields that end every outgoing payload. They stand beside the payload's own, not inside another object."""

    id: Annotated[Uuid, Meta(description="UUIDv5 of namespace `run` and name `stream/seq`")]
    stream: Annotated[str, Meta(description="the sequence this counts in: its live topic below the root")]
    seq: Annotated[int, Meta(ge=1, description="number within run and stream, from 1 without gaps")]
    run: Annotated[Uuid, Meta(description="random UUID of this start of the agent")]
    boot: Annotated[str, Meta(description="the kernel's boot id: `*_us` fields compare within one boot only")]
    measured: Annotated[Utc, Meta(description="when; null while the clock is not trusted, see `clock`")]
    monotonic_us: Annotated[int, Meta(description="when, in microseconds of CLOCK_BOOTTIME")]
    clock: Annotated[str, Meta(extra_json_schema={"enum": list(TRUSTS)}, description="how far `measured` is believed")]
    expires_at: Annotated[Utc, Meta(description="no longer the present after this; null: never, or unknown")]
    correlation: Annotated[str | None, Meta(description="the request id this answers")] = None


def message_id(run: str, stream: str, seq: int) -> str:
    """Return UUIDv5(run, stream/seq). ValueError when `run` is no UUID."""
    return str(uuid5(_namespace(run), f"{stream}/{seq}"))


def utc(at: int, stamp: Stamp) -> str | None:
    """Return `at` (ns of CLOCK_BOOTTIME) as RFC 3339 UTC with ms, cut not rounded; None without a trusted clock."""
    if stamp.wall_offset is None or stamp.trust == UNSYNCED:
        return None
    seconds, ns = divmod(at + stamp.wall_offset, SECOND)
    return f"{_to_the_second(seconds)}.{ns // 1_000_000:03d}Z"


def ward_time(at: int, stamp: Stamp) -> str:
    """Return `at` (ns of CLOCK_BOOTTIME) as the ward's clocks show it, such as 14:02; "" without a trusted clock."""
    local = utc(at + stamp.zone_s * SECOND, stamp)
    return "" if local is None else local[len("2026-11-23T") : len("2026-11-23T14:02")]


def utc_or_none(at: int | None, stamp: Stamp) -> str | None:
    """Return `utc` of a time that may be absent."""
    return None if at is None else utc(at, stamp)


def age_ms(at: int, now: int) -> int:
    """Return how old `at` is at `now` (both ns) in ms, cut; what lies ahead is 0 old."""
    return max(0, now - at) // 1_000_000


def micros(at: int) -> int:
    """Return ns as integer microseconds: ns pass 2^53, the last exact integer of many JSON readers, after 104 days."""
    return at // 1_000


_namespace = lru_cache(maxsize=8)(UUID)


@lru_cache(maxsize=256)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19]
