"""What goes into the store and comes out of it."""

from __future__ import annotations

import msgspec

from edge_agent.wire.outgoing import Outgoing


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """One unsent message with its place in the order of production, and the boot in which it was made.

    `message.made` compares with this boot's clock only when `boot` is this boot's id.
    """

    ordinal: int
    boot: str
    message: Outgoing


class Counts(msgspec.Struct, kw_only=True):
    """The ledger of one stream of one run.

    `reserved` is never below what was produced when a kill comes; `dropped` counts by reason. `received` and
    `acknowledged` are what screens and people said.
    """

    run: str
    stream: str
    produced: int = 0
    accepted: int = 0
    received: int = 0
    acknowledged: int = 0
    reserved: int = 0
    dropped: dict[str, int] = {}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Telemetry written together, under a `number`: the ordinals it spans, how many messages of which (run, stream).

    `made` is when the newest was made, ns within `boot`; `size` its bytes on disk.
    """

    number: int
    first: int
    last: int
    boot: str
    made: int
    size: int
    counts: dict[tuple[str, str], int]


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that the broker refused for good; `reason` is the MQTT 5 reason code."""

    message: Outgoing
    reason: int


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What left the outbox since the last time, to be forgotten in one transaction with the ledger that says so.

    `alerts` are message ids, `groups` their numbers, `over` the events that need no memory of having been announced.
    """

    alerts: tuple[str, ...] = ()
    groups: tuple[int, ...] = ()
    over: tuple[str, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    counts: tuple[Counts, ...] = ()


class Opening(msgspec.Struct, kw_only=True):
    """What the last run left. `crashed`: it did not end in order; `damaged`: rows not to be believed, removed.

    Not `complete`: the store could not be read, and may hold more; ask again.
    """

    alerts: list[Kept] = []
    announced: set[str] = set()
    groups: list[Group] = []
    memory: dict[str, bytes] = {}
    counts: list[Counts] = []
    last_ordinal: int = 0
    crashed: bool = False
    damaged: int = 0
    complete: bool = False
