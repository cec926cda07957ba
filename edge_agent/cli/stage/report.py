"""The end of a demonstration: what was expected, what arrived, whether the numbers add up. Pure."""

from __future__ import annotations

import msgspec

from edge_agent.cli.stage.audience import Audience
from edge_agent.cli.stage.ledger import Arrived, Row
from edge_agent.cli.stage.story import Consequence


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the end says. `failures` in words; none of them means that the demonstration succeeded."""

    alerts: tuple[tuple[Consequence, Arrived | None], ...]
    events: int
    rows: tuple[Row, ...]
    twice: int
    failures: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether all that was expected arrived and all that was counted adds up."""
        return not self.failures


def outcome(audience: Audience, wanted: tuple[Consequence, ...], exit_code: int | None = 0) -> Outcome:
    """Judge what the audience has seen, and how the agent ended."""
    ledger = audience.ledger
    rows = tuple(ledger.rows())
    failures = [
        f"BED {want.bed or 'gateway'}: no {want.condition} although {want.because}" for want in ledger.absent(wanted)
    ]
    failures += [f"alert {event} ({what}) was present, never announced" for event, what in ledger.unannounced().items()]
    failures += [f"{row.kind} does not add up: {said(row)}" for row in rows if not row.balanced]
    if not rows:
        failures.append("the agent gave no account of its messages")
    if exit_code:
        failures.append(f"the agent ended with code {exit_code}")
    if audience.unread:
        failures.append(f"{audience.unread} payloads are none of the published ones")
    return Outcome(
        alerts=tuple((want, ledger.find(want)) for want in wanted),
        events=len(ledger.arrived),
        rows=rows,
        twice=ledger.twice,
        failures=tuple(failures),
    )


def said(row: Row) -> str:
    """Return a row as a sum."""
    reasons = f" ({', '.join(row.dropped)})" if row.dropped else ""
    dropped = f"{sum(row.dropped.values())} dropped{reasons}"
    seen = "" if row.seen is None else f", {row.seen} seen"
    return f"{row.produced} = {row.accepted} accepted + {row.queued} queued + {dropped}{seen}"


def lines(result: Outcome) -> list[str]:
    """Return the ledger as plain lines."""
    told = ["", "LEDGER"]
    told += [f"  {_alert(want, arrived)}" for want, arrived in result.alerts]
    told.append(f"  alerts in all, told apart by event id: {result.events}; messages that came twice: {result.twice}")
    told += [f"  {row.kind:<16} {said(row)}" for row in result.rows]
    told += [f"  FAILED: {failure}" for failure in result.failures]
    if result.ok:
        told.append("  OK: every expected alert reached the subscriber, and every message is accounted for")
    return told


def summary(result: Outcome) -> dict[str, object]:
    """Return the ledger for machines."""
    return {
        "ok": result.ok,
        "failures": result.failures,
        "alerts": [
            {
                "bed": want.bed,
                "condition": want.condition,
                "because": want.because,
                "event_id": arrived.event_id if arrived else None,
                "live": arrived.live if arrived else None,
                "delay_ms": delay_ms(arrived) if arrived else None,
            }
            for want, arrived in result.alerts
        ],
        "events": result.events,
        "twice": result.twice,
        "telemetry": [msgspec.to_builtins(row) for row in result.rows],
    }


def delay_ms(arrived: Arrived) -> int:
    """Return the time from the agent's decision to the subscriber, ms."""
    return (arrived.at - arrived.raised_us * 1_000) // 1_000_000


def _place(want: Consequence) -> str:
    return f"BED {want.bed}" if want.bed else "GATEWAY"


def _alert(want: Consequence, arrived: Arrived | None) -> str:
    name = f"{_place(want):<8} {want.condition:<20}"
    if arrived is None:
        return f"{name} NEVER ARRIVED, although {want.because}"
    how = "live" if arrived.live else "as history"
    return f"{name} event {arrived.event_id[:8]} arrived {how} {delay_ms(arrived) / 1000:.2f} s after it was raised"
