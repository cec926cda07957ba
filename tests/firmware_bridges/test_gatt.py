"""What every Bluetooth family says of its device, shown on the heart rate family."""

from __future__ import annotations

import pytest

from firmware_bridges import gatt
from firmware_bridges.bridge import BleSettings, Family
from firmware_bridges.decoding import channels, decode
from firmware_bridges.families import FAMILIES
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


def test_a_measurement_that_says_nothing_of_the_battery_takes_nothing_away() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(gatt.BATTERY, b"\x0f", 0)
    events = bridge.receive(MEASUREMENT, b"\x04\x00", 1)
    assert events[0] == DeviceStatus(1, (Reason.SENSOR_OFF,), 15, low_battery=True)


def test_an_impossible_battery_is_malformed() -> None:
    assert decode(FAMILY, b"\x65", gatt.BATTERY) == [Malformed(0, "battery", 1)]
    assert decode(FAMILY, b"", gatt.BATTERY) == [Malformed(0, "truncated", 0)]


def test_an_unknown_channel_is_malformed() -> None:
    assert decode(FAMILY, b"\x06\x48", gatt.uuid(0x2A38)) == [Malformed(0, "unknown-channel", 2)]


OVER_GATT = {name: family for name, family in FAMILIES.items() if gatt.BATTERY in channels(family)}
every_gatt_family = pytest.mark.parametrize("family", OVER_GATT.values(), ids=list(OVER_GATT))


ASSIGNED = {
    "bluetooth_heart_rate": (0x180D, {0x2A37}),
    "bluetooth_pulse_oximeter": (0x1822, {0x2A5F, 0x2A60}),
    "bluetooth_pulse_oximeter_spot": (0x1822, {0x2A5E, 0x2A60, 0x2A52}),
    "bluetooth_blood_pressure": (0x1810, {0x2A35, 0x2A36}),
    "bluetooth_thermometer": (0x1809, {0x2A1C, 0x2A1E}),
    "bluetooth_weight_scale": (0x181D, {0x2A9D}),
    "bluetooth_glucose_meter": (0x1808, {0x2A18, 0x2A34, 0x2A52}),
    "bluetooth_glucose_monitor": (0x181F, {0x2AA7, 0x2AA8, 0x2AAA, 0x2A52}),
}
"""Services and characteristics by the Bluetooth Assigned Numbers."""

RIDE_ALONG = {0x2A19, 0x2A24, 0x2A25, 0x2A26, 0x2A27, 0x2A28, 0x2A29, 0x2A50, 0x2A2B, 0x2A08}


@pytest.mark.parametrize(("name", "numbers"), ASSIGNED.items())
def test_a_family_uses_the_assigned_numbers(name: str, numbers: tuple[int, set[int]]) -> None:
    service, characteristics = numbers
    family = FAMILIES[name]
    assert isinstance(family.link, BleSettings)
    assert family.link.service == gatt.uuid(service)
    assert set(channels(family)) == {gatt.uuid(number) for number in characteristics | RIDE_ALONG}


def test_every_family_of_the_standard_is_in_the_table() -> None:
    assert set(ASSIGNED) == {name for name in FAMILIES if name.startswith("bluetooth_")}


@pytest.mark.parametrize(("percent", "low"), [(0, True), (15, True), (16, False), (100, False)])
def test_a_battery_is_low_up_to_15_percent(percent: int, low: bool) -> None:  # noqa: FBT001 - a parameter of the table
    assert decode(FAMILY, bytes((percent,)), gatt.BATTERY) == [DeviceStatus(0, (), percent, low)]


@every_gatt_family
def test_battery_identity_and_clock_ride_along_with_every_family(family: Family) -> None:
    assert isinstance(family.link, BleSettings)
    assert set(gatt.READ) <= {*family.link.read, *family.link.subscribe}
    bridge = family.bridge()
    assert bridge.receive(gatt.BATTERY, b"\x50", 1) == [DeviceStatus(1, (), 80)]
    assert bridge.receive(MODEL, b"X1", 2) == [Identity(2, model="X1")]
    assert bridge.receive(gatt.DATE_TIME, bytes.fromhex("e8070b1d170839"), 3) == [
        DeviceStatus(3, (), 80, clock="2024-11-29T23:08:57")
    ]


@pytest.mark.parametrize(
    ("number", "value", "said"),
    [
        (0x2A29, b"Bedside", Identity(0, manufacturer="Bedside")),
        (0x2A24, b"X1", Identity(0, model="X1")),
        (0x2A25, b"0A7", Identity(0, serial="0A7")),
        (0x2A26, b"1.2", Identity(0, firmware="1.2")),
        (0x2A27, b"rev C", Identity(0, hardware="rev C")),
        (0x2A28, b"7", Identity(0, software="7")),
        (0x2A50, bytes.fromhex("026b0403230001"), Identity(0, pnp="usb:046b:2303:0100")),
        (0x2A50, bytes.fromhex("016b0003230001"), Identity(0, pnp="bluetooth:006b:2303:0100")),
    ],
)
def test_device_information_whole(number: int, value: bytes, said: Identity) -> None:
    assert decode(FAMILY, value, gatt.uuid(number)) == [said]


@pytest.mark.parametrize(("value", "why"), [("036b0403230001", "vendor-source"), ("026b0403", "truncated")])
def test_a_pnp_id_that_is_none_is_malformed(value: str, why: str) -> None:
    data = bytes.fromhex(value)
    assert decode(FAMILY, data, gatt.PNP_ID) == [Malformed(0, why, len(data))]


def test_current_time_is_a_date_time_and_more() -> None:
    current = bytes.fromhex("e8070b1d170839 05 80 01")
    assert decode(FAMILY, current, gatt.CURRENT_TIME) == [DeviceStatus(0, clock="2024-11-29T23:08:57")]
    assert decode(FAMILY, current[:9], gatt.CURRENT_TIME) == [Malformed(0, "truncated", 9)]
    assert decode(FAMILY, current[:6], gatt.DATE_TIME) == [Malformed(0, "truncated", 6)]


def test_a_clock_that_was_never_set_shows_nothing() -> None:
    assert decode(FAMILY, bytes(7), gatt.DATE_TIME) == [DeviceStatus(0)]


def test_the_clock_is_read_last_so_that_it_is_the_youngest_when_measurements_come() -> None:
    assert gatt.READ[-2:] == (gatt.CURRENT_TIME, gatt.DATE_TIME)
