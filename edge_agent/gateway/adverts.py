"""The one door to the libraries that read adverts: bthome-ble, xiaomi-ble and inkbird-ble, the extra `adverts`.

What they found becomes a `Message` for the core, which knows neither them nor a key. Each advert gets a reader of its
own: a reader that lives on repeats what earlier adverts said, and a held value is no measurement.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from firmware_bridges.advert import Message, Value

LIBRARIES = {
    "bthome": ("bthome_ble", "BTHomeBluetoothDeviceData"),
    "xiaomi": ("xiaomi_ble", "XiaomiBluetoothDeviceData"),
    "inkbird": ("inkbird_ble", "INKBIRDBluetoothDeviceData"),
}
"""The module and the class that read each format."""

KEYED = frozenset({"bthome", "xiaomi"})
"""Formats whose senders may encrypt."""

_OF_THE_RADIO = frozenset({"signal_strength"})
_ID_DIGITS = 16


class Advert(NamedTuple):
    """One advert as the Bluetooth stack reports it."""

    address: str
    name: str = ""
    rssi: int = 0
    service_data: Mapping[str, bytes] = {}
    manufacturer_data: Mapping[int, bytes] = {}
    service_uuids: tuple[str, ...] = ()


class Found(NamedTuple):
    """What a library reads in an advert, in its own words. `encrypted`: the sender encrypts; `opened`: with our key."""

    title: str | None
    maker: str
    model: str
    values: dict[str, object]
    units: dict[str, str]
    binary: dict[str, object]
    encrypted: bool
    opened: bool


class UnreadableError(Exception):
    """A library failed on an advert. Anybody can send anything: it is counted, never raised further."""


def missing() -> list[str]:
    """Return the libraries that are not installed."""
    return [module for module, _ in (*LIBRARIES.values(), ("habluetooth", "")) if find_spec(module) is None]


def load() -> None:
    """Import the libraries, which takes a second or more: not on the loop. ImportError if one is missing."""
    for module in (*(module for module, _ in LIBRARIES.values()), "habluetooth"):
        import_module(module)


def reader(form: str, key: bytes | None = None) -> Any:  # noqa: ANN401 - each library has a class of its own
    """Return a fresh reader of a format, as its library makes one; it logs nothing, for anybody can send anything."""
    module, name = LIBRARIES[form]
    logging.getLogger(module).setLevel(logging.CRITICAL)
    make = getattr(import_module(module), name)
    return make(key) if form in KEYED else make()


def found(reading: Any, advert: Advert) -> Found:  # noqa: ANN401 - as `reader`
    """Return what `reading` says after one more advert. UnreadableError if it fails on it."""
    try:
        update = reading.update(_service_info(advert))
    except Exception as error:
        raise UnreadableError(type(error).__name__) from error
    device = update.devices.get(None)
    encryption = getattr(reading, "encryption_scheme", None)
    return Found(
        title=update.title,
        maker=(device and device.manufacturer) or "",
        model=(device and device.model) or "",
        values={_plain(each.key): value.native_value for each, value in update.entity_values.items()},
        units={
            _plain(each.key): _plain(about.native_unit_of_measurement)
            for each, about in update.entity_descriptions.items()
        },
        binary={_plain(each.key): value.native_value for each, value in update.binary_entity_values.items()},
        encrypted=encryption is not None and encryption.name != "NONE",
        opened=bool(getattr(reading, "bindkey_verified", False)),
    )


def message(advert: Advert, key: bytes | None) -> Message | None:
    """Return what an advert says to the core, None if no library knows its sender.

    With a key only what it opens is read: a sender that encrypts does not suddenly send its values plain.
    """
    for form in LIBRARIES:
        try:
            said = found(reader(form, key), advert)
        except UnreadableError:
            continue
        if said.model or said.values.keys() - _OF_THE_RADIO:
            readable = said.opened or not (said.encrypted or key)
            values = dict(_numbers(said)) if readable else {}
            locked = said.encrypted and not said.opened
            return Message(form, identify(advert), said.maker, said.model, values, locked=locked)
    return None


def _numbers(said: Found) -> Iterator[tuple[str, Value]]:
    for name, value in said.values.items():
        if name not in _OF_THE_RADIO and isinstance(value, int | float) and not isinstance(value, bool):
            yield name, Value(repr(value), said.units[name])


def identify(advert: Advert) -> str:
    """Return a short digest of what was sent, the same for the same bytes."""
    sent = [*advert.service_data.items(), *((str(company), data) for company, data in advert.manufacturer_data.items())]
    text = ";".join(f"{name}:{data.hex()}" for name, data in sorted(sent))
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]


def _plain(name: Any) -> str:  # noqa: ANN401 - the libraries ship no types
    """Return a name, which may be an enumeration's, as text; "" for none."""
    return str(getattr(name, "value", name or ""))


def _service_info(advert: Advert) -> Any:  # noqa: ANN401 - as `_plain`
    make = import_module("habluetooth").BluetoothServiceInfoBleak
    return make(
        name=advert.name,
        address=advert.address,
        rssi=advert.rssi,
        manufacturer_data=dict(advert.manufacturer_data),
        service_data=dict(advert.service_data),
        service_uuids=list(advert.service_uuids),
        source="local",
        device=None,
        advertisement=None,
        connectable=False,
        time=0.0,
        tx_power=None,
    )
