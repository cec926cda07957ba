"""Who is expected at a device's link: only what such a device can show."""

from __future__ import annotations

from edge_agent.domain.settings import Expected, WardSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown
from firmware_bridges.bridge import Family, SerialSettings
from firmware_bridges.families import FAMILIES

_OF_THE_PORT = ("by_id", "usb_serial")
_OF_THE_DEVICE = ("model", "serial")


def check_expected(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of every expectation that no device of the family could meet: it would never count."""
    for index, device in enumerate(ward.devices):
        family = FAMILIES.get(device.family)
        if device.expected is not None and family is not None and sheet.sound(("devices", index, "family")):
            _check(device.expected, family, ("devices", index, "expected"), sheet)


def _check(expected: Expected, family: Family, path: Path, sheet: Sheet) -> None:
    port = _OF_THE_PORT if isinstance(family.link, SerialSettings) else ()
    able = (*port, *family.announces)
    for name in (*_OF_THE_PORT, *_OF_THE_DEVICE):
        wanted, place = getattr(expected, name), (*path, name)
        if wanted and name not in able and sheet.sound(place):
            found = f"{shown(wanted)}, which a device of family {family.name} does not show"
            sheet.complain(place, found, f"only {one_of(able)}" if able else "nothing", f"remove `{name}`")
    if "/" in expected.by_id and port and sheet.sound((*path, "by_id")):
        name = expected.by_id.rpartition("/")[2]
        sheet.complain((*path, "by_id"), shown(expected.by_id), "a name without folder", f"write {name}")
