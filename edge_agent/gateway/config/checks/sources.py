"""Sources: the devices that a bed prefers for a quantity are its own, and measure it."""

from __future__ import annotations

from edge_agent.domain.settings import Bed, WardSettings
from edge_agent.gateway.config.checks.quantities import check_quantity, measured
from edge_agent.gateway.config.checks.repeats import refuse_repeats
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion


def check_sources(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of sources that are no device of their bed, or cannot measure what they are a source of."""
    for index, bed in enumerate(ward.beds):
        if sheet.sound(("beds", index, "id")):
            _check_bed(bed, ("beds", index, "sources"), ward, sheet)


def _check_bed(bed: Bed, path: Path, ward: WardSettings, sheet: Sheet) -> None:
    settled = _settled(ward, sheet)
    here = [device for device in ward.devices if device.bed == bed.id]
    for quantity, sources in bed.sources.items():
        if not check_quantity(quantity, (*path, quantity), sheet):
            continue
        able = [device.id for device in here if quantity in measured(device)]
        places: list[tuple[Path, str]] = [((*path, quantity, index), source) for index, source in enumerate(sources)]
        for place, source in places:
            judged = settled is None or source in settled
            if judged and source not in able and sheet.sound(place):
                found = f"{shown(source)}, no device at this bed that measures {quantity}"
                remedy = suggestion(source, able, "name a device of this bed, or remove it")
                sheet.complain(place, found, one_of(able), remedy)
        refuse_repeats(places, sheet, "every device once")


def _settled(ward: WardSettings, sheet: Sheet) -> set[str] | None:
    """Return the devices that are surely what and where they say; None if all are, so that there is no other."""
    certain = set()
    for index, device in enumerate(ward.devices):
        identity: list[Path] = [("devices", index, name) for name in ("id", "bed", "family")]
        if sheet.sound(*identity):
            certain.add(device.id)
    return None if len(certain) == len(ward.devices) and not sheet.lost(("devices",)) else certain
