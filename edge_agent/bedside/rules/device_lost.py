"""The cable or radio link to a device is gone; names the port a person can look for."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.effects import LinkState
from edge_agent.domain.settings import SECOND, WardSettings

ID = "device-lost"


def _evaluate(view: BedView) -> Iterable[Finding]:
    for device in view.devices:
        condition = f"{ID}-{device.id}"
        if device.id in view.excused_devices:
            yield Finding(condition=condition, present=False, why=Why(text="part of a gateway alert", rule=ID))
        elif device.refused:
            yield Finding(condition=condition, present=False, why=Why(text="the wrong device is there", rule=ID))
        elif device.state in (LinkState.LOST, LinkState.CONNECTING):
            text = f"{device.id} unreachable: {device.port}: {device.why}"
            why = Why(text=text, rule=ID, devices=(device.id,))
            yield Finding(condition=condition, present=True, priority=Priority.LOW, why=why, since=device.since)
        else:
            yield Finding(condition=condition, present=False, why=Why(text=f"{device.id} is back", rule=ID))


def _timing(_settings: WardSettings) -> Timing:
    return Timing(delays={Priority.LOW: 3 * SECOND}, clear_after=2 * SECOND, clear_after_loss=2 * SECOND)


RULE = Rule(
    id=ID,
    title="Device unreachable",
    kind=Kind.TECHNICAL,
    priority=Priority.LOW,
    hazard="A pulled cable looks like a quiet patient.",
    source="IEC 60601-1-8 (technical alarm conditions)",
    evaluate=_evaluate,
    timing=_timing,
)
