"""A monitored bed none of whose required vitals can be seen.

Low at once, medium after a minute; from the start at least as loud as an alert that it displaces.
"""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.bedside.loss import last_told, last_valid
from edge_agent.bedside.verdict import BedView, DeviceView, Finding, Rule, Timing
from edge_agent.domain.alerts import LOUDEST_FIRST, Kind, Priority, Why
from edge_agent.domain.effects import LinkState
from edge_agent.domain.settings import SECOND, WardSettings
from firmware_bridges.vitals import Reason

ID = "not-monitored"
SENSOR_TROUBLE = frozenset({Reason.SENSOR_OFF, Reason.SENSOR_DISCONNECTED, Reason.SEARCHING, Reason.MALFUNCTION})


def _evaluate(view: BedView) -> Iterable[Finding]:
    if not view.blind:
        yield Finding(condition=ID, present=False, why=Why(text="Vitals are back", rule=ID))
        return
    last = [stream for quantity in view.bed.required for stream in view.streams.get(quantity, [])[:1]]
    inherited = next((p for p in LOUDEST_FIRST if p in view.displaced.values()), Priority.INFO)
    while_alerting = " while an alert was active" if inherited is not Priority.INFO else ""
    said = last_valid(last) or last_told(view.witnesses) or "nothing seen yet"
    why = Why(
        text=f"NOT MONITORED{while_alerting}: {cause(view)}; {said}",
        rule=ID,
        evidence=tuple(e for stream in last if (e := stream.evidence())),
        missing=view.bed.required,
        devices=tuple(device.id for device in view.devices),
    )
    yield Finding(
        condition=ID,
        present=True,
        priority=Priority.HIGH if inherited is Priority.HIGH else Priority.MEDIUM,
        why=why,
        material=(cause(view),),
        at_least=inherited,
    )


def cause(view: BedView) -> str:
    """Say in ward words why nothing is seen: the cable, the sensor, or no signal."""
    causes = [text for device in view.devices if (text := _trouble(device))]
    return "; ".join(causes) or ("no device at this bed" if not view.devices else "no signal")


def _trouble(device: DeviceView) -> str:
    if device.state in (LinkState.LOST, LinkState.CONNECTING, LinkState.STARTING):
        return f"cable or radio of {device.id} ({device.port}): {device.why}"
    if device.state is LinkState.QUIET:
        return f"{device.id} ({device.port}) is silent"
    trouble = [condition.value.replace("-", " ") for condition in device.conditions if condition in SENSOR_TROUBLE]
    return f"{device.id}: {' and '.join(trouble)}" if trouble else ""


def _timing(_settings: WardSettings) -> Timing:
    return Timing(
        delays={Priority.LOW: 0, Priority.MEDIUM: 60 * SECOND}, clear_after=5 * SECOND, clear_after_loss=5 * SECOND
    )


RULE = Rule(
    id=ID,
    title="Not monitored",
    kind=Kind.TECHNICAL,
    priority=Priority.HIGH,
    hazard="Everybody believes the patient is watched, and nobody is.",
    source="IEC 60601-1-8 (technical alarm conditions); a re-sited probe must not ring: low first, medium after 60 s",
    evaluate=_evaluate,
    timing=_timing,
)
