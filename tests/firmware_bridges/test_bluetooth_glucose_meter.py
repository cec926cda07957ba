from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.bridge import Bridge
from firmware_bridges.families import bluetooth_glucose_meter as meter
from firmware_bridges.framing import FrameError
from firmware_bridges.glucose import LOCATIONS
from firmware_bridges.racp import CONTROL
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import law, readings, valid
from tests.firmware_bridges.test_units import half_up

BASE = "0100 ea0709190e051e"
"""Record 1, 2026-09-25T14:05:30."""
MG_DL_99 = "63b0"
"""99 x 10^-5 kg/L."""
SECOND = 1_000_000_000


def live() -> Bridge:
    """Return a bridge that has not asked for anything: what comes is measured now."""
    return meter.FAMILY.bridge()


def read(data: str) -> Reading:
    [reading] = readings(live().receive(meter.MEASUREMENT, bytes.fromhex(data), 0))
    return reading


def test_a_record_in_mass_and_in_amount_of_substance() -> None:
    assert read(f"02 {BASE} {MG_DL_99} 11").value == 99
    assert read(f"06 {BASE} 37c0 11").value == 99, "5.5 mmol/L are 99.09 mg/dL"
    assert read(f"06 {BASE} c8b0 11").value == 36, "2.0 mmol/L"


@law
@given(st.integers(0, 2045))
def test_tenths_of_a_millimole_are_converted_exactly(tenths: int) -> None:
    """0.1 mmol/L is 10^-4 mol/L, of 180.156 g/mol."""
    word = (0xC000 | tenths).to_bytes(2, "little").hex()
    assert read(f"06 {BASE} {word} 11").value == half_up(Fraction(tenths, 10_000) * Fraction(180156, 1000) * 100)


@pytest.mark.parametrize(("sample", "status"), [("1a", ""), ("4a", ""), ("41", ""), ("fa", "0000"), ("1a", "ff0f")])
def test_a_control_solution_is_never_a_patients_value(sample: str, status: str) -> None:
    reading = read(f"{'0a' if status else '02'} {BASE} {MG_DL_99} {sample} {status}")
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.WRONG_SAMPLE)


STATUS = {
    0: (Validity.VALID, Reason.OK),
    1: (Validity.INVALID, Reason.MALFUNCTION),
    2: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    3: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    4: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    5: (Validity.INVALID, Reason.OUT_OF_RANGE),
    6: (Validity.INVALID, Reason.OUT_OF_RANGE),
    7: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    8: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    9: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    10: (Validity.INVALID, Reason.MALFUNCTION),
    11: (Validity.VALID, Reason.OK),
}


@pytest.mark.parametrize(("bit", "judged"), STATUS.items())
def test_each_status_bit_is_heeded(bit: int, judged: tuple[Validity, Reason]) -> None:
    reading = read(f"0a {BASE} {MG_DL_99} 11 {(1 << bit).to_bytes(2, 'little').hex()}")
    assert (reading.validity, reading.reason) == judged
    assert reading.value == 99


def test_a_low_battery_is_told_and_does_nothing_to_the_number() -> None:
    events = live().receive(meter.MEASUREMENT, bytes.fromhex(f"0a {BASE} {MG_DL_99} 11 0100"), 0)
    assert events[0] == DeviceStatus(0, low_battery=True)
    assert valid(events) == {"glucose": 99}
    assert live().receive(meter.MEASUREMENT, bytes.fromhex(f"0a {BASE} {MG_DL_99} 11 0008"), 0)[0] == DeviceStatus(0)


def test_a_time_that_the_meter_doubts_is_no_time() -> None:
    assert read(f"0a {BASE} {MG_DL_99} 11 0000").device_time == "2026-09-25T14:05:30"
    assert read(f"0a {BASE} {MG_DL_99} 11 0008").device_time == ""


@pytest.mark.parametrize(
    ("base", "offset", "time"),
    [
        ("ea0709190e051e", "0f00", "2026-09-25T14:20:30"),
        ("ea0709190e051e", "fbff", "2026-09-25T14:00:30"),
        ("00000000000000", "0f00", ""),
        ("0f270c1f173b3b", "0100", ""),
        ("01000101000000", "ffff", ""),
    ],
)
def test_the_users_time_is_the_base_time_and_an_offset(base: str, offset: str, time: str) -> None:
    assert read(f"03 0100 {base} {offset} {MG_DL_99} 11").device_time == time


@pytest.mark.parametrize(("number", "site"), [*LOCATIONS.items(), (0, ""), (15, "")])
def test_the_place_is_kept(number: int, site: str) -> None:
    assert read(f"02 {BASE} {MG_DL_99} {number:x}1").site == site


@pytest.mark.parametrize("data", [f"00 {BASE}", f"02 {BASE} ff07 11", f"02 {BASE} fe07 11", f"02 {BASE} 0208 11"])
def test_what_is_no_number_never_leaves_as_a_value(data: str) -> None:
    reading = read(data)
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)


WAITING = bytes.fromhex(f"12 {BASE} {MG_DL_99} 11")
AFTER_MEAL, OTHER_RECORD, KETONE, NO_MEAL = (bytes.fromhex(c) for c in ("02010002", "02020002", "02010006", "000100"))


def test_a_record_waits_for_the_context_it_announces() -> None:
    bridge = live()
    assert bridge.receive(meter.MEASUREMENT, WAITING, 0) == []
    assert bridge.next_deadline() == meter.PATIENCE
    events = bridge.receive(meter.CONTEXT, AFTER_MEAL, 7)
    assert valid(events) == {"glucose": 99}
    assert [each.at for each in readings(events)] == [7]
    assert bridge.next_deadline() is None
    assert bridge.receive(meter.CONTEXT, AFTER_MEAL, 8) == []


def test_a_context_without_a_meal_is_one_too() -> None:
    bridge = live()
    bridge.receive(meter.MEASUREMENT, WAITING, 0)
    assert valid(bridge.receive(meter.CONTEXT, NO_MEAL, 1)) == {"glucose": 99}


def test_a_ketone_is_no_glucose() -> None:
    bridge = live()
    bridge.receive(meter.MEASUREMENT, WAITING, 0)
    [reading] = readings(bridge.receive(meter.CONTEXT, KETONE, 1))
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.WRONG_SAMPLE)


def test_without_its_context_a_record_is_in_doubt() -> None:
    def said(*steps: tuple[str, bytes]) -> list[tuple[int | None, Validity, Reason]]:
        bridge = live()
        bridge.receive(meter.MEASUREMENT, WAITING, 0)
        events = (
            [event for step in steps for event in bridge.receive(*step, 1)] if steps else bridge.wake(meter.PATIENCE)
        )
        return [(each.value, each.validity, each.reason) for each in readings(events)]

    doubted = (99, Validity.QUESTIONABLE, Reason.UNCONFIRMED)
    assert said() == [doubted]
    assert said((meter.CONTEXT, OTHER_RECORD)) == [doubted]
    assert said((CONTROL, b"\x06\x00\x01\x01")) == [doubted]
    assert said((meter.MEASUREMENT, WAITING), (meter.CONTEXT, AFTER_MEAL)) == [doubted, (99, Validity.VALID, Reason.OK)]
    assert said((meter.CONTEXT, b"\x02\x01"))[:1] == [doubted]


def test_the_context_of_another_record_is_not_taken_for_this_ones() -> None:
    bridge = live()
    bridge.receive(meter.CONTEXT, OTHER_RECORD, 0)
    bridge.receive(meter.MEASUREMENT, WAITING, 0)
    assert valid(bridge.wake(meter.PATIENCE)) == {}


def test_a_record_from_memory_with_its_context_is_history() -> None:
    bridge = live()
    bridge.opened(0)
    bridge.receive(meter.MEASUREMENT, WAITING, 1)
    [reading] = readings(bridge.receive(meter.CONTEXT, AFTER_MEAL, 2))
    assert (reading.value, reading.stored, reading.reason) == (99, True, Reason.STORED)


def test_a_record_that_waits_is_not_known_yet_when_the_line_breaks() -> None:
    bridge = live()
    bridge.opened(0)
    bridge.receive(meter.MEASUREMENT, WAITING, 1)
    assert bridge.closed(2) == [Malformed(2, "no-context", len(WAITING))]
    assert bridge.opened(3) == live().opened(3), "asked for everything again"


def test_the_wait_survives_a_restart() -> None:
    bridge, resumed = live(), live()
    bridge.receive(meter.MEASUREMENT, WAITING, 0)
    resumed.restore(bridge.snapshot())
    assert valid(resumed.receive(meter.CONTEXT, AFTER_MEAL, 1)) == {"glucose": 99}


def test_a_context_whole() -> None:
    data = bytes.fromhex("df 0500 00 01 32a0 02 21 1027 32 03 0590 41f0 trailing".replace("trailing", ""))
    context = meter.parse_context(data)
    assert context == meter.Context(
        5, 1, Decimal("0.000050"), 2, tester=1, health=2, exercise=10000, intensity=50, medication_id=3,
        medication=Decimal("0.0000005"), litres=False, hba1c=Decimal("6.5"),
    )  # fmt: skip
    for length in range(len(data)):
        with pytest.raises(FrameError, match="truncated"):
            meter.parse_context(data[:length])


@pytest.mark.parametrize(("flags", "size"), [(0x00, 10), (0x01, 12), (0x02, 13), (0x08, 12), (0x0B, 17), (0x1B, 17)])
def test_flags_that_promise_more_than_there_is_are_malformed(flags: int, size: int) -> None:
    full = bytes((flags, *range(1, size)))
    meter.parse_frame(full)
    for short in (full[:length] for length in range(size)):
        assert live().receive(meter.MEASUREMENT, short, 0) == [Malformed(0, "truncated", len(short))]
        assert live().receive(meter.CONTEXT, b"\xff" + short[:5], 0) == [Malformed(0, "truncated", len(short[:5]) + 1)]
