"""Adverts: one file of cases a folder, one advert a line, and what a library's own tests got for it.

A library's reader remembers, and its tests feed some readers more than one advert. Which, the folder does not say: a
case passes if its advert is read as expected alone, or after some of those just before it in the same test.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from edge_agent.gateway.adverts import Advert, Found, UnreadableError, found, message, missing, reader
from firmware_bridges.advert import ADVERT
from firmware_bridges.families import advertised_scale
from firmware_bridges.units import kilogram_from_pound
from firmware_bridges.vitals import Reading

FORMATS = {"bthome_v2_advert": "bthome", "xiaomi_mibeacon_advert": "xiaomi", "inkbird_advert": "inkbird"}
"""Folders of adverts, and the format that each is in."""

FILE = "cases.jsonl"

WITHOUT_LIBRARIES = f"the extra `adverts` is not installed: no {', '.join(missing())}" if missing() else ""


class AdvertCase(NamedTuple):
    """One advert; `before` are those that the same test sent first. `expected` by the library's own names."""

    format: str
    id: str
    test: str
    key: bytes | None
    advert: Advert
    before: tuple[Advert, ...]
    expected: dict[str, object]


def load_adverts(folder: Path) -> list[AdvertCase]:
    """Return the cases of one folder in their order."""
    cases: list[AdvertCase] = []
    for number, line in enumerate((folder / FILE).read_text("utf-8").splitlines(), 1):
        raw = json.loads(line, parse_float=Decimal)
        key = bytes.fromhex(raw["bindkey"]) if raw["bindkey"] else None
        test = str(raw["test"])
        before = tuple(each.advert for each in cases if (each.test, each.key) == (test, key))
        name = f"{number}-{test}"
        cases.append(AdvertCase(FORMATS[folder.name], name, test, key, _advert(raw["input"]), before, raw["expected"]))
    return cases


def _advert(raw: dict[str, Any]) -> Advert:
    return Advert(
        address=raw["address"],
        name=raw["name"],
        rssi=int(raw["rssi"]),
        service_data={uuid: bytes.fromhex(data) for uuid, data in raw["service_data"].items()},
        manufacturer_data={int(company): bytes.fromhex(data) for company, data in raw["manufacturer_data"].items()},
        service_uuids=tuple(raw["service_uuids"]),
    )


def readings(case: AdvertCase) -> Iterator[dict[str, object]]:
    """Yield what is read of the case alone, then after the one before it, and so on."""
    for first in range(len(case.before), -1, -1):
        said = _after(case, (*case.before[first:], case.advert))
        if said is not None:
            yield _as_saved(said)


def _after(case: AdvertCase, adverts: Iterable[Advert]) -> Found | None:
    """Return what one reader says after `adverts`, None if it fails on one."""
    reading = reader(case.format, case.key)
    try:
        *_, last = [found(reading, advert) for advert in adverts]
    except UnreadableError:
        return None
    return last


def _as_saved(said: Found) -> dict[str, object]:
    """Return it in the words of the folders: numbers as exact decimals, no unit as "None"."""
    return {
        "title": said.title,
        "values": {name: _exact(value) for name, value in said.values.items()},
        "binary": {name: _exact(value) for name, value in said.binary.items()},
        "units": {name: unit or "None" for name, unit in said.units.items()},
    }


def _exact(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    return value if isinstance(value, bool | int | str) or value is None else str(value)


def taken(case: AdvertCase) -> list[Reading]:
    """Return what the core takes of the advert, after another advert of the same sender."""
    said = message(case.advert, case.key)
    if said is None:
        return []
    bridge = advertised_scale.FAMILY.bridge()
    bridge.receive(ADVERT, msgspec.json.encode(msgspec.structs.replace(said, values={})), 0)
    events = bridge.receive(ADVERT, msgspec.json.encode(said), 0)
    return [event for event in events if isinstance(event, Reading)]


def kilogram(case: AdvertCase) -> Decimal:
    """Return the mass that is expected; KeyError if none is."""
    values, units = case.expected["values"], case.expected["units"]
    assert isinstance(values, dict)
    assert isinstance(units, dict)
    mass = Decimal(values["mass"])
    return kilogram_from_pound(mass) if units["mass"] == "lb" else mass


RAW, CORRUPT, ENTRIES = "test_raw_manufacturer_data", "test_corrupt_name", "test_tps_multi_entry_dict_with_raw"


def completed(case: AdvertCase) -> Advert | None:
    """Return the advert with what the case leaves out of what its test told the reader; None if it leaves out nothing.

    `RAW` and `ENTRIES` handed the raw advert over as well, which says what the sender's newest value is; `CORRUPT`
    named the model, since its advert does not.
    """
    advert = case.advert
    if case.format != "inkbird":
        return None
    if case.test == RAW:
        return advert._replace(manufacturer_data={2044: bytes.fromhex("c71200c83d5606")})
    if case.test == ENTRIES and len(advert.manufacturer_data) > 1:
        newest = list(advert.manufacturer_data)[-1]
        return advert._replace(manufacturer_data={newest: advert.manufacturer_data[newest]})
    return advert._replace(name="sps") if case.test.startswith(CORRUPT) else None
