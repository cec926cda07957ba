"""docs/devices.md: every device family, from the families themselves."""

from __future__ import annotations

from firmware_bridges.bridge import AdvertSettings, BleSettings, Family, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS
from tools.markdown import page, table

PAGE = "devices.md"


def write() -> str:
    """Return the page."""
    return page(
        "Supported devices",
        "The name in the first column is the `family` of a device in the configuration. A *continuous* vital goes "
        "stale within seconds; a *spot* one is measured now and then. With a weak frame check, or none, nothing is "
        "raised or cleared on one frame alone.",
        table(("Family", "Devices", "Vitals", "Link"), map(_summary, FAMILIES.values())),
        *map(_section, FAMILIES.values()),
    )


def _summary(family: Family) -> tuple[str, ...]:
    return f"`{family.name}`", ", ".join(family.devices), _vitals(family), _link(family)


def _section(family: Family) -> str:
    facts = [
        ("Devices", ", ".join(family.devices)),
        ("Vitals", _vitals(family)),
        ("Link", _link(family)),
        ("Frame check", f"{family.check.name} ({family.check.strength.value})"),
        ("Bytes that bear identity", family.identity or "none"),
        ("Specification", "; ".join(family.documents)),
    ]
    if isinstance(family.link, SerialSettings):
        facts.append(("`edge-agent scan`", "listens, then asks" if family.polite else "only listens"))
    if not family.official:
        facts.append(("Standing", "**not official**: the specification is not the maker's own"))
    if family.caution:
        facts.append(("Caution", family.caution))
    return f"## {family.title}\n\n{table((f'`{family.name}`', ''), facts)}"


def _vitals(family: Family) -> str:
    return ", ".join(f"{VITALS[measure.vital].title} ({measure.mode.value})" for measure in family.measures)


def _link(family: Family) -> str:
    if isinstance(family.link, SerialSettings):
        return _serial(family.link)
    if isinstance(family.link, AdvertSettings):
        return "Bluetooth Low Energy adverts, without a connection"
    return _ble(family.link)


def _serial(link: SerialSettings) -> str:
    line = f"serial, {link.baudrate} baud {link.bytesize}{link.parity}{link.stopbits}"
    also = f", also seen: {', '.join(map(str, link.alternatives))} baud" if link.alternatives else ""
    return line + (", RTS/CTS" if link.rtscts else "") + also


def _ble(link: BleSettings) -> str:
    channels = ", ".join(map(_short, link.subscribe))
    return f"Bluetooth Low Energy, service {_short(link.service)}, characteristics {channels}"


def _short(uuid: str) -> str:
    base = "-0000-1000-8000-00805f9b34fb"
    return f"0x{uuid[4:8].upper()}" if uuid.startswith("0000") and uuid.endswith(base) else uuid
