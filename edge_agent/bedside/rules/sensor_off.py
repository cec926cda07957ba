"""A device says that its sensor is off, unplugged or broken."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.rules.not_monitored import SENSOR_TROUBLE
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.domain.alerts import Kind, Priority, Why
from edge_agent.domain.effects import LinkState
from edge_agent.domain.settings import SECOND, WardSettings

ID = "sensor-off"


def _evaluate(view: BedView) -> Iterable[Finding]:
    for device in view.devices:
        condition = f"{ID}-{device.id}"
        trouble = tuple(c.value for c in device.conditions if c in SENSOR_TROUBLE)
        if device.state is not LinkState.STREAMING:
            yield Finding(condition=condition, present=None, why=Why(text=f"{device.id} cannot be asked", rule=ID))
        elif trouble:
            why = Why(text=f"{device.id}: {' and '.join(trouble).replace('-', ' ')}", rule=ID, devices=(device.id,))
            yield Finding(condition=condition, present=True, priority=Priority.LOW, why=why, material=trouble)
        else:
            yield Finding(condition=condition, present=False, why=Why(text=f"{device.id}: sensor is back", rule=ID))


def _timing(_settings: WardSettings) -> Timing:
    return Timing(delays={Priority.LOW: 5 * SECOND}, clear_after=2 * SECOND, clear_after_loss=2 * SECOND)


RULE = Rule(
    id=ID,
    title="Sensor off",
    kind=Kind.TECHNICAL,
    priority=Priority.LOW,
    hazard="A number that is no measurement would be believed, or none is seen.",
    source="IEC 60601-1-8 (technical alarm conditions); conventions A4: it displaces what it invalidates",
    evaluate=_evaluate,
    timing=_timing,
)
