"""Beds: what they require is measured, their sources are theirs, and the facts about the patient agree."""

from __future__ import annotations

from edge_agent.domain.settings import Bed, BedState, Device, WardSettings
from edge_agent.gateway.config.checks.repeats import refuse_repeats
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion
from firmware_bridges.bridge import Mode
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS

KNOWN_QUANTITIES = tuple(dict.fromkeys(vital.quantity for vital in VITALS.values()))
"""Every quantity that a bed may require, in the order of display."""

_PREGNANCY_YEARS = range(10, 61)
"""Ages at which `pregnant` is believed; outside of them one of the two facts is wrong."""


def check_beds(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of every bed that could not be watched as it is written, and of a ward without beds."""
    if not ward.beds and sheet.sound(("beds",)):
        sheet.complain(("beds",), "no bed", "at least one", "add `beds:` with at least `- id:`")
    refuse_repeats([(("beds", index, "id"), bed.id) for index, bed in enumerate(ward.beds)], sheet, "every bed id once")
    for index, bed in enumerate(ward.beds):
        path: Path = ("beds", index)
        _check_required(bed, path, ward, sheet)
        _check_sources(bed, (*path, "sources"), ward, sheet)
        _check_patient(bed, (*path, "patient"), sheet)


def check_quantity(name: str, path: Path, sheet: Sheet) -> bool:
    """Tell whether `name` is a quantity; complain if not."""
    if not sheet.sound(path):
        return False
    if name not in KNOWN_QUANTITIES:
        remedy = suggestion(name, KNOWN_QUANTITIES, "choose one of them")
        sheet.complain(path, f"the unknown quantity {shown(name)}", one_of(KNOWN_QUANTITIES), remedy)
    return name in KNOWN_QUANTITIES


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
        possible = not known or quantity in _continuous(device)
        if possible and (device.bed == bed.id or not placed):
            return
    found = f"{quantity}, which no device at this bed measures continuously"
    measured = set().union(*(_continuous(device) for device in ward.devices if device.bed == bed.id))
    here = [name for name in KNOWN_QUANTITIES if name in measured]
    remedy = f"require {here[0]} instead, or add a device" if here else "add a device that does"
    sheet.complain(path, found, one_of(here), remedy)


def _check_sources(bed: Bed, path: Path, ward: WardSettings, sheet: Sheet) -> None:
    """Refuse sources that are no device of this bed, or do not measure that quantity."""
    here = {device.id: device for device in ward.devices if device.bed == bed.id}
    all_placed = not sheet.lost(("devices",)) and all(
        sheet.sound(("devices", index, name)) for index in range(len(ward.devices)) for name in ("id", "bed", "family")
    )
    for quantity, sources in bed.sources.items():
        if not check_quantity(quantity, (*path, quantity), sheet) or not all_placed:
            continue
        able = [name for name, device in here.items() if quantity in _measured(device)]
        for position, source in enumerate(sources):
            if source not in able and sheet.sound((*path, quantity, position)):
                found = f"{shown(source)}, no device at this bed that measures {quantity}"
                remedy = suggestion(source, able, "name a device of this bed, or remove it")
                sheet.complain((*path, quantity, position), found, one_of(able), remedy)
        refuse_repeats(
            [((*path, quantity, position), source) for position, source in enumerate(sources)],
            sheet,
            "every device once",
        )


def _check_patient(bed: Bed, path: Path, sheet: Sheet) -> None:
    person = bed.patient
    if not person.pregnant or not sheet.sound(path):
        return
    if person.sex == "male":
        remedy = "correct one of the two facts"
        sheet.complain((*path, "pregnant"), "true for a male patient", "false, or sex: female", remedy)
    elif person.age_years is not None and person.age_years not in _PREGNANCY_YEARS:
        years = f"{_PREGNANCY_YEARS.start} to {_PREGNANCY_YEARS.stop - 1} years"
        found = f"true at {person.age_years} years"
        sheet.complain((*path, "pregnant"), found, years, "correct one of the two facts")


def _continuous(device: Device) -> set[str]:
    return _measured(device, Mode.CONTINUOUS)


def _measured(device: Device, *modes: Mode) -> set[str]:
    """Return the quantities that a device measures in any of `modes`, all of them if none is named."""
    family = FAMILIES.get(device.family)
    measures = family.measures if family else ()
    return {VITALS[measure.vital].quantity for measure in measures if not modes or measure.mode in modes}
