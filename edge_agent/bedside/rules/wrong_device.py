"""Another device answers than the one the ward expects there, or the right one does not say who it is."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.verdict import BedView, DeviceView, Finding, Rule, Timing
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.effects import LinkState
from edge_agent.domain.settings import SECOND, WardSettings

ID = "wrong-device"


def _evaluate(view: BedView) -> Iterable[Finding]:
    for device in view.devices:
        if device.expected is not None or device.refused:
            yield _judge(device)


def _judge(device: DeviceView) -> Finding:
    condition = f"{ID}-{device.id}"
    if device.refused:
        text = f"{device.id} ({device.port}): {device.refused}; nothing it says is used"
        why = Why(text=text, rule=ID, devices=(device.id,))
        return Finding(condition=condition, present=True, priority=Priority.MEDIUM, why=why, material=(device.refused,))
    if device.unproven_since is not None and device.state is LinkState.STREAMING:
        text = f"{device.id} ({device.port}) does not say who it is; nothing it says is used"
        why = Why(text=text, rule=ID, devices=(device.id,))
        since = device.unproven_since
        return Finding(condition=condition, present=True, priority=Priority.LOW, why=why, since=since)
    why = Why(text=f"{device.id}: no wrong device is there", rule=ID)
    return Finding(condition=condition, present=False, why=why)


def _timing(_settings: WardSettings) -> Timing:
    # A Nellcor oximeter names itself every 25 lines of 2 s.
    delays = {Priority.LOW: 60 * SECOND, Priority.MEDIUM: 0}
    return Timing(delays=delays, clear_after=2 * SECOND, clear_after_loss=2 * SECOND)


RULE = Rule(
    id=ID,
    title="Wrong device",
    kind=Kind.TECHNICAL,
    priority=Priority.MEDIUM,
    hazard="One patient's values would be shown at another's bed.",
    source="IEC 60601-1-8 (technical alarm conditions); ports are numbered in the order of plugging",
    evaluate=_evaluate,
    timing=_timing,
)
