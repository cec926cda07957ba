"""`health`: how the gateway itself does, every 30 s, with the ledger of what became of every message."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import DeviceReport, LinkState, Profile
from edge_agent.domain.settings import SECOND
from edge_agent.wire.envelope import Body, age_ms
from edge_agent.wire.parts import DeviceId, Item, number
from firmware_bridges.vitals import Reason


class DeviceHealth(Item, frozen=True, kw_only=True):
    """One device and its link. Counters run since this run of the agent began."""

    device: DeviceId
    state: Annotated[LinkState, Meta(description="starting, connecting, streaming, quiet or lost")]
    reason: Annotated[str, Meta(description="why, in words that name the port or adapter; empty while all is well")]
    age_ms: Annotated[int, Meta(description="for how long it has been so")]
    frames_per_s: Annotated[Decimal | None, Meta(description="since the last health message; null: this is the first")]
    bytes_received: Annotated[int, Meta(description="bytes off the link")]
    frames: Annotated[int, Meta(description="complete frames")]
    malformed: Annotated[int, Meta(description="runs of bytes that were no frame")]
    rejected: Annotated[dict[str, int], Meta(description="values the quality gate refused, by reason")]
    conditions: Annotated[tuple[Reason, ...], Meta(description="what the device says of itself now")] = ()
    battery: Annotated[int | None, Meta(description="percent, where the device tells")] = None
    model: Annotated[str | None, Meta(description="as the device names itself")] = None
    serial: Annotated[str | None, Meta(description="of the device")] = None


class LedgerLine(Item, frozen=True, kw_only=True):
    """What became of the messages of one kind: produced = accepted + queued + the sum of dropped."""

    stream: Annotated[str, Meta(description="kind of stream: the name of its row in the topics table")]
    run: Annotated[str | None, Meta(description="an earlier run; left out for this one")] = None
    produced: Annotated[int, Meta(description="numbers given")]
    accepted: Annotated[int, Meta(description="acknowledged by the broker (PUBACK)")]
    queued: Annotated[int, Meta(description="not yet accepted")]
    dropped: Annotated[dict[str, int], Meta(description="given up, by reason; `crash` is an upper bound")]
    received: Annotated[int, Meta(description="confirmed by a consumer's receipt")]
    acknowledged: Annotated[int, Meta(description="acknowledged by a person")]


class Health(Body, frozen=True, kw_only=True, tag="bedside/health/1"):
    """How the gateway does. `clock` of the envelope says how far its wall clock is believed."""

    uptime_s: Annotated[int, Meta(description="of this run of the agent")]
    profile: Annotated[Profile, Meta(description="by which it alerts; left out: by day")] = Profile.DAY
    queue_depth: Annotated[int, Meta(description="messages waiting for the broker")]
    buffer_hours_left: Annotated[Decimal | None, Meta(description="until telemetry is thinned, at the present rate")]
    cpu_percent: Annotated[Decimal | None, Meta(description="of one core, by the agent, since the last health message")]
    memory_bytes: Annotated[int, Meta(description="resident memory of the agent")]
    bytes_written: Annotated[int, Meta(description="to storage, by the agent, since this run began")]
    devices: Annotated[tuple[DeviceHealth, ...], Meta(description="every device and its link")]
    ledger: Annotated[tuple[LedgerLine, ...], Meta(description="what became of every message, per kind of stream")]


def device_health(report: DeviceReport, before: DeviceReport | None, now: int, elapsed: int) -> DeviceHealth:
    """Return a device's report for `health` at `now`; its rate is against `before`, `elapsed` ns ago."""
    rate = None if before is None or elapsed <= 0 else (report.frames - before.frames) * SECOND / elapsed
    return DeviceHealth(
        device=report.device,
        state=report.state,
        reason=report.reason,
        age_ms=age_ms(report.since, now),
        frames_per_s=number(rate, 1),
        bytes_received=report.bytes_received,
        frames=report.frames,
        malformed=report.malformed,
        rejected=report.rejected,
        conditions=report.conditions,
        battery=report.battery,
        model=report.model or None,
        serial=report.serial or None,
    )


PAYLOAD = Health
