"""The numbers of delivery, together, so that a test can make them small."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long, how many, how much; times in seconds.

    An alert waits `commit_s` for the disk. Disconnected for `spill_after_s`, telemetry is written every
    `spill_every_s`, in a long outage every `spill_slowest_s`, for the card's sake: that is what a kill costs. `keep_s`
    of it stay in memory as well, for a short outage. More than `memory_rows` are written at once; when the disk does
    not take them, beyond `memory_most` the oldest are dropped. The store takes `quota_bytes`.
    Backlog is sent at `backlog_per_s`. A message refused for now (0x97) rests `rest_s`, doubled up to `rest_longest_s`.
    The ledger is saved every `ledger_s`, the rest of the housekeeping done every `upkeep_s`.

    A heartbeat goes out every `heartbeat_s`; a broker from which nothing has come for `silence_s` is dropped, and
    reported after `unreachable_s`. Between attempts the uplink waits `retry_s`, doubled up to `retry_longest_s`, and
    `taken_over_s` when somebody else uses its id. A clean stop takes `stop_s` at most.
    """

    commit_s: float = 0.5
    spill_after_s: float = 5
    spill_every_s: float = 5
    spill_slowest_s: float = 30
    keep_s: float = 60
    memory_rows: int = 5_000
    memory_most: int = 20_000
    quota_bytes: int = 256 * 1024 * 1024
    backlog_per_s: float = 200
    rest_s: float = 0.2
    rest_longest_s: float = 10
    ledger_s: float = 300
    upkeep_s: float = 1

    heartbeat_s: float = 3
    silence_s: float = 7
    unreachable_s: float = 5
    retry_s: float = 0.2
    retry_longest_s: float = 3
    taken_over_s: float = 60
    stop_s: float = 3
