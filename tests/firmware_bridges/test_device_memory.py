"""What a device stamped and sent later: its own clock tells how old it is, and without proof it is history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges import gatt
from firmware_bridges.bridge import Family
from firmware_bridges.families import bluetooth_blood_pressure as cuff
from firmware_bridges.families import bluetooth_thermometer as thermometer
from firmware_bridges.families import bluetooth_weight_scale as scale
from firmware_bridges.vitals import DeviceStatus, Event, Reason, Validity
from tests.firmware_bridges.devices import law, readings, valid

SECOND = 1_000_000_000
NOON = datetime(2026, 9, 25, 12, 0, 0)  # noqa: DTZ001 - a device's clock knows no zone


def stamp(moment: datetime) -> bytes:
    """Return a date-time as the seven bytes of 0x2A08."""
    return moment.year.to_bytes(2, "little") + bytes(
        (moment.month, moment.day, moment.hour, moment.minute, moment.second)
    )


def pressure(when: bytes) -> bytes:
    return bytes.fromhex("02 7800 5000 6000") + when


def temperature(when: bytes) -> bytes:
    return bytes.fromhex("02 740100ff") + when


def weight(when: bytes) -> bytes:
    return bytes.fromhex("02 b036") + when


STAMPED = {
    "cuff": (cuff.FAMILY, pressure, {"systolic": 120, "diastolic": 80, "mean_pressure": 96}),
    "thermometer": (thermometer.FAMILY, temperature, {"temperature": 372}),
    "scale": (scale.FAMILY, weight, {"weight": 7000}),
}
every_stamping_family = pytest.mark.parametrize(("family", "value", "said"), STAMPED.values(), ids=list(STAMPED))


def sent(family: Family, value: bytes, at: int, clock: bytes | None, clock_at: int = 0) -> list[Event]:
    """Return what `value` means `at` ns, after `clock` was read at `clock_at`."""
    bridge = family.bridge()
    bridge.opened(0)
    if clock is not None:
        bridge.receive(gatt.DATE_TIME, clock, clock_at)
    return bridge.receive(family.link.subscribe[0], value, at)  # type: ignore[union-attr]  # all are BLE


@every_stamping_family
def test_fresh_by_its_own_clock_is_live_and_keeps_the_stamp(
    family: Family, value: Callable[[bytes], bytes], said: dict[str, int]
) -> None:
    events = sent(family, value(stamp(NOON)), 0, stamp(NOON + timedelta(seconds=20)))
    assert valid(events) == said
    assert {each.device_time for each in readings(events)} == {"2026-09-25T12:00:00"}


@every_stamping_family
@pytest.mark.parametrize(
    ("when", "clock"),
    [
        (stamp(NOON), None),
        (stamp(NOON), bytes(7)),
        (bytes(7), stamp(NOON)),
        (stamp(NOON), stamp(NOON + timedelta(days=3))),
        (stamp(NOON + timedelta(days=3)), stamp(NOON)),
    ],
    ids=["no-clock", "clock-not-set", "stamp-unknown", "old", "from-the-future"],
)
def test_without_proof_it_is_history(
    family: Family, value: Callable[[bytes], bytes], said: dict[str, int], when: bytes, clock: bytes | None
) -> None:
    events = sent(family, value(when), 0, clock)
    assert valid(events) == {}
    assert {(each.stored, each.validity, each.reason) for each in readings(events)} == {
        (True, Validity.INVALID, Reason.STORED)
    }
    assert {each.vital: each.value for each in readings(events)} == said


@pytest.mark.parametrize(("ahead", "live"), [(120, True), (121, False), (-120, True), (-121, False)])
def test_fresh_is_two_minutes(ahead: int, live: bool) -> None:  # noqa: FBT001 - a parameter of the table
    events = sent(cuff.FAMILY, pressure(stamp(NOON)), 0, stamp(NOON + timedelta(seconds=ahead)))
    assert bool(valid(events)) == live


@law
@given(st.integers(-400, 400), st.integers(0, 400))
def test_the_clock_goes_on_after_it_was_read(ahead: int, later: int) -> None:
    """It showed `ahead` s more than the stamp, and `later` s passed until the measurement came."""
    clock = stamp(NOON + timedelta(seconds=ahead))
    events = sent(cuff.FAMILY, pressure(stamp(NOON)), (5 + later) * SECOND, clock, 5 * SECOND)
    assert bool(valid(events)) == (abs(ahead + later) <= gatt.FRESH)


def test_a_burst_from_memory_leaves_only_the_fresh_one_live() -> None:
    bridge = cuff.FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(gatt.CURRENT_TIME, stamp(NOON) + bytes(3), 0)
    burst = [pressure(stamp(NOON - timedelta(hours=hours))) for hours in (48, 24, 1, 0)]
    found = [readings(bridge.receive(cuff.MEASUREMENT, value, 1))[0].stored for value in burst]
    assert found == [True, True, True, False]


def test_a_clock_of_the_connection_before_proves_nothing() -> None:
    bridge = cuff.FAMILY.bridge()
    bridge.opened(0)
    bridge.receive(gatt.DATE_TIME, stamp(NOON), 0)
    bridge.closed(1)
    bridge.opened(2)
    assert valid(bridge.receive(cuff.MEASUREMENT, pressure(stamp(NOON)), 3)) == {}


def test_the_doubts_of_an_old_measurement_are_not_the_devices_present_ones() -> None:
    moved = bytes.fromhex("12 7800 5000 6000") + stamp(NOON) + b"\x01\x00"
    assert not any(isinstance(event, DeviceStatus) for event in sent(cuff.FAMILY, moved, 0, None))
