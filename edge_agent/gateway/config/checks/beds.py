"""Beds: each has a name of its own, and what it requires is measured there."""

from __future__ import annotations

from edge_agent.domain.settings import Bed, BedState, WardSettings
from edge_agent.gateway.config.checks.quantities import QUANTITIES, check_quantity, measured_continuously
from edge_agent.gateway.config.checks.repeats import refuse_repeats
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of


def check_bed_ids(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of a ward without beds, and of two beds of one name."""
    if not ward.beds and sheet.sound(("beds",)):
        sheet.complain(("beds",), "no bed", "at least one", "add `beds:` with at least `- id:`")
    refuse_repeats([(("beds", index, "id"), bed.id) for index, bed in enumerate(ward.beds)], sheet, "every bed id once")


def check_beds(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of a bed that requires what nobody measures there, or nothing."""
    for index, bed in enumerate(ward.beds):
        _check_required(bed, ("beds", index), ward, sheet)


def _check_required(bed: Bed, path: Path, ward: WardSettings, sheet: Sheet) -> None:
    listed = (*path, "required")
    if not bed.required and sheet.sound(listed):
        sheet.complain(listed, "an empty list", "at least one quantity", "write [spo2], or what its devices measure")
    for position, quantity in enumerate(bed.required):
        if check_quantity(quantity, (*listed, position), sheet) and bed.state is not BedState.UNASSIGNED:
            _check_measured(bed, quantity, (*listed, position), ward, sheet)


def _check_measured(bed: Bed, quantity: str, path: Path, ward: WardSettings, sheet: Sheet) -> None:
    """Refuse a required quantity without a device, unless a device that is itself refused may be the one."""
    if sheet.lost(("devices",)) or not sheet.sound((*path[:2], "id"), (*path[:2], "state")):
        return
    for index, device in enumerate(ward.devices):
        placed, known = (sheet.sound(("devices", index, name)) for name in ("bed", "family"))
        possible = not known or quantity in measured_continuously(device)
        if possible and (device.bed == bed.id or not placed):
            return
    found = f"{quantity}, which no device at this bed measures continuously"
    offered = {name for device in ward.devices if device.bed == bed.id for name in measured_continuously(device)}
    here = [name for name in QUANTITIES if name in offered]
    sheet.complain(path, found, one_of(here), f"{_instead(bed, here)}, or add a device that measures it")


def _instead(bed: Bed, here: list[str]) -> str:
    """Return what may be done without a further device: at least one quantity is left in the list."""
    if len(bed.required) > 1:
        return "remove it"
    return f"require {here[0]} instead" if here else "make the bed's state unassigned"
