"""docs/devices.md: every device family, from the families themselves."""

from __future__ import annotations

import json
from pathlib import Path

from firmware_bridges.bridge import AdvertSettings, BleSettings, Family, SerialSettings, TcpSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS
from tools.markdown import page, table

PAGE = "devices.md"

_COUNTED = Path(__file__).parents[2] / "tests" / "conformance" / "evidence.json"
_EVIDENCE: dict[str, dict[str, int]] = json.loads(_COUNTED.read_text("utf-8"))
"""Cases by kind for every family; `python -m tests.conformance.evidence` counts them."""

UNSUPPORTED = (
    ("Welch Allyn Propaq and other Welch Allyn monitors", "the protocol is given out under a non-disclosure agreement"),
    ("Masimo MightySat and Radius-T over Bluetooth, Masimo ASCII 2 and IAP", "not published; ASCII 1 is supported"),
    ("Mindray monitors by their own protocols (PDS)", "not published, and encrypted on newer ones"),
    ("Draeger Infinity monitors", "their export is not published; devices with MEDIBUS are supported"),
    ("Edan monitors by their own protocol", "not published"),
    ("Nonin format 1", "its details could not be confirmed; formats 2, 7, 8 and 13 of the same devices are supported"),
    (
        "Smiths (BCI) and Berry BM1000 oximeters, JKS50F, WS20A",
        "known from other programs alone, line settings by hearsay, and no bytes to check them by",
    ),
    ("Movesense sensors by their own service", "the payload is described in parts only"),
    (
        "Omron cuffs other than the HEM-7142T2 group",
        "each has another memory, older ones want a key; one with the standard service: `bluetooth_blood_pressure`",
    ),
    (
        "A&D cuffs by their own characteristic",
        "not published; their standard service is read by `bluetooth_blood_pressure`",
    ),
    ("Viatom BP2 cuffs", "known from other programs alone, and some of the commands nearby must never be sent"),
    ("HealthyPi v5 and 6", "a rate cannot be told from one that is held, since the leads are not told"),
    (
        "Thermometers that advertise: Xiaomi's, BTHome, Inkbird",
        "a room and a meal have a temperature, too; the public formula for Xiaomi's gives 36.4 Cel on the table",
    ),
)
"""Devices that a ward may have and that are not read, and why. Nothing here is guessed at in their place."""


def write() -> str:
    """Return the page."""
    return page(
        "Supported devices",
        "The name in the first column is the `family` of a device in the configuration. A *continuous* vital goes "
        "stale within seconds; a *spot* one is measured now and then. With a weak frame check, or none, nothing is "
        "raised or cleared on one frame alone.",
        table(("Family", "Devices", "Vitals", "Link", "Proven by"), map(_summary, FAMILIES.values())),
        "*Proven by*: cases of the conformance suite by where their bytes come from. *Own* are built from a maker's "
        "specification; a family without any is proven by its laws and its own vectors alone.",
        *map(_section, FAMILIES.values()),
        "## Not supported, and why",
        "What has no public specification, or cannot be told from a value that is no measurement, is not guessed at.",
        table(("Devices", "Why not"), UNSUPPORTED),
    )


def _summary(family: Family) -> tuple[str, ...]:
    return f"`{family.name}`", ", ".join(family.devices), _vitals(family), _link(family), _proof(family)


def _section(family: Family) -> str:
    facts = [
        ("Devices", ", ".join(family.devices)),
        ("Vitals", _vitals(family)),
        ("Link", _link(family)),
        ("Frame check", f"{family.check.name} ({family.check.strength.value})"),
        ("Says of itself", " and ".join(family.announces) or "nothing"),
        ("Bytes that bear identity", family.identity or "none"),
        ("Specification", "; ".join(family.documents)),
        ("Proven by", _proof(family)),
    ]
    if isinstance(family.link, SerialSettings):
        facts.append(("`edge-agent scan`", "listens, then asks" if family.polite else "only listens"))
    if not family.official:
        facts.append(("Standing", "**not official**: the specification is not the maker's own"))
    if family.caution:
        facts.append(("Caution", family.caution))
    return f"## {family.title}\n\n{table((f'`{family.name}`', ''), facts)}"


def _proof(family: Family) -> str:
    """Return such as '3 captured, 8 of another project's tests'."""
    return (
        ", ".join(f"{number} {kind}" for kind, number in _EVIDENCE.get(family.name, {}).items()) or "own vectors alone"
    )


def _vitals(family: Family) -> str:
    return ", ".join(f"{VITALS[measure.vital].title} ({measure.mode.value})" for measure in family.measures)


def _link(family: Family) -> str:
    if isinstance(family.link, SerialSettings):
        return _serial(family.link)
    if isinstance(family.link, AdvertSettings):
        return "Bluetooth Low Energy adverts, without a connection"
    if isinstance(family.link, TcpSettings):
        return f"TCP, the device calls the gateway, usually on port {family.link.port}"
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
