"""A family that announces who its device is does so anew in every conversation: identity is checked per connection."""

from __future__ import annotations

import json

import pytest

from firmware_bridges import gatt, medibus, viatom
from firmware_bridges.bridge import SERIAL, BleSettings, Sample
from firmware_bridges.families import FAMILIES, sensor_link
from firmware_bridges.families import contec_cms50_9byte as contec
from firmware_bridges.families import viatom_o2ring as o2ring
from firmware_bridges.families import viatom_oxyii as oxyii
from firmware_bridges.medibus import IDENTIFY
from firmware_bridges.mllp import wrap
from firmware_bridges.vitals import Identity
from tests.firmware_bridges.test_viatom import ring_reply

_NELLCOR = b"N-560    VERSION 1.56.00    CRC:XXXX  SpO2 Limit: 90-100%    PR Limit: 60-170BPM\r\n"
_MASIMO = b"11/13/05 05:02:16 SN=0000070986 SPO2=095% BPM=071 PI=02.65% ALARM=0000 EXC=000000\r\n"
_RING = json.dumps({"Model": "1652", "HardwareVer": "AA", "SoftwareVer": "1.5.0", "SN": "2046"}).encode()
_OXYII = bytes(9) + b"2D010002" + bytes(20) + bytes((4,)) + b"2592"

SAID: dict[str, list[tuple[str, bytes]]] = {
    "sensor_link": sensor_link.FAMILY.encoder().encode(Sample({"spo2": 97})),
    "nellcor_ascii": [(SERIAL, _NELLCOR)],
    "masimo_ascii1": [(SERIAL, _MASIMO)],
    "drager_medibus": [(SERIAL, medibus.response(IDENTIFY, "8250'Savina'02.10:04.00"))],
    "hl7_mllp_oru": [(SERIAL, wrap([r"MSH|^~\&|MONITOR^77||||||ORU^R01|1|P|2.6"]))],
    "contec_cms50_9byte": [(SERIAL, contec.pack(0x04, b"CMS50E\0"))],
    "viatom_o2ring": [(o2ring.NOTIFY, ring_reply(_RING + bytes(200)))],
    "viatom_oxyii": [(oxyii.NOTIFY, viatom.pack(oxyii.LEAD, oxyii.INFO, b"\1\0", _OXYII))],
}
"""How a device of each family says who it is; the others are asked for the Bluetooth Device Information."""

INFORMATION = [(gatt.uuid(0x2A24), b"model"), (gatt.uuid(0x2A25), b"serial")]


def announced(name: str) -> list[set[str]]:
    """Return what a device has said of itself in each of two conversations."""
    bridge, told = FAMILIES[name].bridge(), []
    for at in (1, 2):
        bridge.opened(at)
        said = SAID.get(name, INFORMATION)
        events = [event for channel, data in said for event in bridge.receive(channel, data, at)]
        who = [event for event in events if isinstance(event, Identity)]
        told.append({what for identity in who for what in ("model", "serial") if getattr(identity, what)})
        bridge.closed(at)
    return told


@pytest.mark.parametrize("name", sorted(name for name, family in FAMILIES.items() if family.announces))
def test_what_a_family_announces_is_said_in_every_conversation(name: str) -> None:
    assert announced(name) == [set(FAMILIES[name].announces)] * 2


def test_a_family_that_has_the_device_information_read_announces_it() -> None:
    for family in FAMILIES.values():
        if isinstance(family.link, BleSettings) and gatt.uuid(0x2A25) in family.link.read:
            assert family.announces == ("model", "serial"), family.name
