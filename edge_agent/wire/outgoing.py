"""A message on its way out: first a draft, then, once it has its place in its stream, a finished one."""

from __future__ import annotations

from enum import IntEnum

import msgspec


class Urgency(IntEnum):
    """The order of sending after an outage, and always: alerts overtake everything, high first."""

    ALERT_HIGH = 0
    ALERT_MEDIUM = 1
    ALERT_LOW = 2
    STATE = 3
    LIVE = 4
    BACKLOG = 5


class Stamp(msgspec.Struct, frozen=True):
    """What every envelope needs to know of this process: its run, its clock domain, how far the wall clock is believed.

    `trust` is synced, holdover or unsynced. `wall_offset` is UTC minus CLOCK_BOOTTIME in ns, None while unsynced;
    `zone_s` the host's local time minus UTC, for words that people read.
    """

    run: str
    boot: str
    trust: str
    wall_offset: int | None
    zone_s: int = 0


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A message without its number. `body` is the payload record; `topic` and `history_topic` are complete.

    `stream` names the sequence it counts in, such as bed/3/alert. `slot`: only the newest of its topic matters.
    `event_id`, `revision` and `over` are set for alert events alone: `over` says the condition has ended. `made` in ns.
    `expires_s`: MQTT message expiry; `live_s`: older than this when sent, it goes to `history_topic`.
    """

    stream: str
    topic: str
    body: msgspec.Struct
    qos: int
    retain: bool
    urgency: Urgency
    made: int
    history_topic: str = ""
    expires_s: int | None = None
    live_s: int | None = None
    slot: bool = False
    event_id: str = ""
    revision: int = 0
    over: bool = False
    correlation: str = ""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A finished message: `id` is UUIDv5(run, stream, seq), fixed before the first send; `payload` is complete JSON."""

    id: str
    run: str
    stream: str
    seq: int
    topic: str
    payload: bytes
    qos: int
    retain: bool
    urgency: Urgency
    made: int
    history_topic: str = ""
    expires_s: int | None = None
    live_s: int | None = None
    slot: bool = False
    event_id: str = ""
    revision: int = 0
    over: bool = False
    correlation: str = ""
