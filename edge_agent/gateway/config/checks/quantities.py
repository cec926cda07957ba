"""Quantities: which there are, and which of them a device measures."""

from __future__ import annotations

from edge_agent.domain.settings import Device
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion
from firmware_bridges.bridge import Mode
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS

QUANTITIES = tuple(dict.fromkeys(vital.quantity for vital in VITALS.values()))
"""Every quantity that settings may name, in the order of display."""


def check_quantity(name: str, path: Path, sheet: Sheet) -> bool:
    """Tell whether `name`, written at `path`, is a quantity; complain if not."""
    if not sheet.sound(path):
        return False
    if name not in QUANTITIES:
        remedy = suggestion(name, QUANTITIES, "choose one of them")
        unknown = f"the unknown quantity {shown(name)}"
        sheet.complain(path, unknown, one_of(QUANTITIES), remedy, sheet.key(path))
    return name in QUANTITIES


def measured(device: Device) -> set[str]:
    """Return the quantities that a device measures at all; none for an unknown family."""
    return _measured(device, frozenset(Mode))


def measured_continuously(device: Device) -> set[str]:
    """Return the quantities that a device measures all the time."""
    return _measured(device, frozenset({Mode.CONTINUOUS}))


def _measured(device: Device, modes: frozenset[Mode]) -> set[str]:
    family = FAMILIES.get(device.family)
    return {VITALS[each.vital].quantity for each in family.measures if each.mode in modes} if family else set()
