"""Devices: known family, known bed, the one link their family speaks over, nothing used twice."""

from __future__ import annotations

import re
from collections.abc import Callable

from edge_agent.domain.settings import Device, WardSettings
from edge_agent.gateway.config.checks.network import check_network
from edge_agent.gateway.config.checks.repeats import refuse_repeats
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion
from firmware_bridges.bridge import AdvertSettings, BleSettings, Mode, SerialSettings, TcpSettings
from firmware_bridges.families import FAMILIES

_ADDRESS = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_FIELDS: dict[type, tuple[str, tuple[str, ...]]] = {
    SerialSettings: ("serial", ("port", "baudrate")),
    BleSettings: ("Bluetooth", ("address", "adapter")),
    AdvertSettings: ("Bluetooth", ("address", "adapter")),
    TcpSettings: ("network", ("listen", "peers")),
}
"""What each kind of link is called, and its own fields: the first says where the device is."""


def check_devices(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of every device that cannot be read as it is written."""
    _check_beds(ward, sheet)
    for index, device in enumerate(ward.devices):
        path: Path = ("devices", index)
        _check_family(device, path, sheet)
        _check_place(device, path, sheet)
        _check_link(device, path, sheet)
    paths = [(("devices", index), device) for index, device in enumerate(ward.devices)]
    refuse_repeats([((*path, "id"), device.id) for path, device in paths], sheet, "every device id once")
    refuse_repeats([((*path, "port"), device.port) for path, device in paths], sheet, "every port once")
    refuse_repeats([((*path, "listen"), device.listen) for path, device in paths], sheet, "every address and port once")
    addresses = [((*path, "address"), device.address.upper()) for path, device in paths]
    refuse_repeats(addresses, sheet, "every address once")


def _check_beds(ward: WardSettings, sheet: Sheet) -> None:
    """Refuse beds that do not exist, if it is certain which do."""
    beds = [bed.id for bed in ward.beds]
    if not beds or not all(sheet.sound(("beds", index, "id")) for index in range(len(beds))):
        return
    for index, device in enumerate(ward.devices):
        path: Path = ("devices", index, "bed")
        if device.bed and device.bed not in beds and sheet.sound(path):
            remedy = suggestion(device.bed, beds, "add the bed, or correct the name")
            sheet.complain(path, f"the unknown bed {shown(device.bed)}", one_of(beds), remedy)


def _check_place(device: Device, path: Path, sheet: Sheet) -> None:
    """Want a bed or a shared device, and share only what a person takes to a patient to measure once."""
    bed, shared = (*path, "bed"), (*path, "shared")
    if not sheet.sound(bed, shared):
        return
    family = FAMILIES.get(device.family)
    if not device.bed and not device.shared:
        remedy = "add `bed:`, or `shared: true` if it goes from bed to bed"
        sheet.complain(bed, "nothing", "the bed it stands at", remedy)
    elif device.bed and device.shared:
        sheet.complain(bed, f"{device.bed} for a shared device", "nothing", "remove `bed`, or `shared`")
    elif device.shared and family is not None and any(each.mode is Mode.CONTINUOUS for each in family.measures):
        found = f"true for {family.name}, which measures all the time"
        sheet.complain(shared, found, "false", "give it a bed: nobody can claim what never stops")


def _check_family(device: Device, path: Path, sheet: Sheet) -> None:
    if sheet.sound((*path, "family")) and device.family not in FAMILIES:
        remedy = suggestion(device.family, FAMILIES, "docs/devices.md lists what each is for")
        found = f"the unknown family {shown(device.family)}"
        sheet.complain((*path, "family"), found, one_of(FAMILIES), remedy)


def _check_link(device: Device, path: Path, sheet: Sheet) -> None:
    """Refuse the fields of the other kinds of link, and want the one of its own, in the form that can be opened."""
    family = FAMILIES.get(device.family)
    if family is None:
        return
    kind, (own, *_) = _FIELDS[type(family.link)]
    others = {name: None for other, names in _FIELDS.values() if other != kind for name in names}
    for name in others:
        value = getattr(device, name)
        if value and sheet.sound((*path, name)):
            found = f"{shown(', '.join(value) if isinstance(value, tuple) else str(value))} for a {kind} device"
            sheet.complain((*path, name), found, f"only `{own}`", f"remove `{name}`, or correct the family")
    if sheet.sound((*path, own)):
        _CHECKS[type(family.link)](device, path, sheet)


def _check_port(device: Device, path: Path, sheet: Sheet) -> None:
    if not device.port.startswith("/"):
        found = shown(device.port) if device.port else "nothing"
        remedy = f"write /dev/{device.port}" if device.port.startswith("tty") else "ls /dev/serial/by-id shows them"
        sheet.complain((*path, "port"), found, "the path of a serial port", remedy)


def _check_address(device: Device, path: Path, sheet: Sheet) -> None:
    if not _ADDRESS.fullmatch(device.address):
        found = shown(device.address) if device.address else "nothing"
        meant = device.address.replace("-", ":")
        remedy = f"write {meant}" if _ADDRESS.fullmatch(meant) else "`bluetoothctl scan on` shows it"
        sheet.complain((*path, "address"), found, "an address such as C0:26:DA:00:12:34", remedy)


_CHECKS: dict[type, Callable[[Device, Path, Sheet], None]] = {
    SerialSettings: _check_port,
    BleSettings: _check_address,
    AdvertSettings: _check_address,
    TcpSettings: check_network,
}
