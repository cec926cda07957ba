"""Where a device's readings go, and what a rule sees of a device."""

from __future__ import annotations

import msgspec

from edge_agent.bedside.identity import Proof
from edge_agent.bedside.line import Line
from edge_agent.bedside.verdict import DeviceView
from edge_agent.domain.settings import SECOND, Device, WardSettings
from firmware_bridges.bridge import Family, Mode
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS

QUIET_AFTER = 5 * SECOND
"""An open link of a continuous device that says nothing for this long, or for two of its frames, is quiet."""


class Route(msgspec.Struct, frozen=True):
    """Where a device's readings go, looked up for every frame.

    Its bed, and per vital the mode and the age at which it is stale. `quiet_after`: how long its link may be silent, in
    ns, None: for ever.
    """

    device: Device
    family: Family
    modes: dict[str, Mode]
    max_age: dict[str, int]
    quiet_after: int | None


def route_of(device: Device, settings: WardSettings) -> Route:
    """Return the route of a device under the ward's settings; KeyError for an unknown family."""
    family = FAMILIES[device.family]
    modes = {measure.vital: measure.mode for measure in family.measures}
    spot = settings.spot_max_age_min * 60 * SECOND
    ages = {v: spot if m is Mode.SPOT else settings.max_age(VITALS[v].quantity) for v, m in modes.items()}
    quiet_after = max(QUIET_AFTER, 2 * family.period) if Mode.CONTINUOUS in modes.values() else None
    return Route(device, family, modes, ages, quiet_after)


def view_of(device: Device, line: Line) -> DeviceView:
    """Return the device as rules see it."""
    port = device.port or device.address or device.listen
    agreed = line.proof is Proof.AGREED
    return DeviceView(
        id=device.id,
        port=port,
        state=line.state,
        reason=line.reason,
        since=line.since,
        conditions=line.conditions if agreed else (),
        expected=device.expected,
        refused=line.refused,
        unproven_since=line.unproven_since if line.proof is Proof.UNPROVEN else None,
    )
