"""What every Bluetooth family says of its device, shown on the heart rate family."""

from __future__ import annotations

from firmware_bridges import gatt
from firmware_bridges.decoding import channels, decode
from firmware_bridges.families.bluetooth_heart_rate import FAMILY, MEASUREMENT
from firmware_bridges.vitals import DeviceStatus, Identity, Malformed, Reason

MODEL, SERIAL_NUMBER = gatt.uuid(0x2A24), gatt.uuid(0x2A25)


def test_a_channel_is_named_by_its_long_uuid() -> None:
    assert gatt.uuid(0x2A37) == "00002a37-0000-1000-8000-00805f9b34fb"
    assert channels(FAMILY)[0] == MEASUREMENT
    assert set(gatt.READ) < set(channels(FAMILY))


def test_identity_grows_and_is_said_when_it_changes() -> None:
    bridge = FAMILY.bridge()
    assert bridge.receive(MODEL, b"H10\0", 1) == [Identity(1, model="H10")]
    assert bridge.receive(MODEL, b"H10", 2) == []
    assert bridge.receive(SERIAL_NUMBER, b"0A7", 3) == [Identity(3, model="H10", serial="0A7")]
    bridge.closed(4)
    assert bridge.receive(MODEL, b"H10", 5) == [Identity(5, model="H10")]


def test_text_that_is_none_is_malformed_and_long_text_is_cut() -> None:
    assert decode(FAMILY, b"\xff\xfe", MODEL) == [Malformed(0, "text", 2)]
    assert decode(FAMILY, b"x" * 500, MODEL) == [Identity(0, model="x" * 64)]


def test_battery_is_said_when_it_changes_with_all_conditions() -> None:
    bridge = FAMILY.bridge()
    assert bridge.receive(gatt.BATTERY, b"\x50", 0) == [DeviceStatus(0, (), 80)]
    assert bridge.receive(gatt.BATTERY, b"\x50", 1) == []
    bridge.receive(MEASUREMENT, b"\x04\x00", 2)
    assert bridge.receive(gatt.BATTERY, b"\x0f", 3) == [DeviceStatus(3, (Reason.SENSOR_OFF,), 15, low_battery=True)]


def test_an_impossible_battery_is_malformed() -> None:
    assert decode(FAMILY, b"\x65", gatt.BATTERY) == [Malformed(0, "battery", 1)]
    assert decode(FAMILY, b"", gatt.BATTERY) == [Malformed(0, "truncated", 0)]


def test_an_unknown_channel_is_malformed() -> None:
    assert decode(FAMILY, b"\x06\x48", gatt.uuid(0x2A38)) == [Malformed(0, "unknown-channel", 2)]
