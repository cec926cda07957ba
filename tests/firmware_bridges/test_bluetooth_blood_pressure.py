from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.bridge import Mode
from firmware_bridges.decoding import decode
from firmware_bridges.families import bluetooth_blood_pressure as cuff
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import law, readings, valid

FAMILY = cuff.FAMILY
GOOD = "7800 5000 6000"
"""120 / 80, mean 96."""


def read(data: str) -> dict[str, Reading]:
    return {each.vital: each for each in readings(decode(FAMILY, bytes.fromhex(data)))}


def test_a_measurement_in_mmhg() -> None:
    assert valid(decode(FAMILY, bytes.fromhex(f"04 {GOOD} 4800"))) == {
        "systolic": 120,
        "diastolic": 80,
        "mean_pressure": 96,
        "pulse_rate_nibp": 72,
    }
    assert "pulse_rate_nibp" not in read(f"00 {GOOD}")


def test_a_measurement_in_kilopascal() -> None:
    """16.0 kPa is 120.01 mmHg, 10.7 is 80.26, 12.4 is 93.01."""
    assert valid(decode(FAMILY, bytes.fromhex("01 a0f0 6bf0 7cf0"))) == {
        "systolic": 120,
        "diastolic": 80,
        "mean_pressure": 93,
    }


@law
@given(st.integers(0, 0xFFFF))
def test_every_status_is_judged_by_its_cuff_errors_alone(status: int) -> None:
    data = f"10 {GOOD} {status.to_bytes(2, 'little').hex()}"
    questioned = status & (1 << cuff.MOVEMENT | 1 << cuff.LOOSE_CUFF | 1 << cuff.POSITION)
    expected = Validity.QUESTIONABLE if questioned else Validity.VALID
    assert {each.validity for each in read(data).values()} == {expected}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("0100", Reason.ARTEFACT),
        ("0200", Reason.QUESTIONED_BY_DEVICE),
        ("2000", Reason.QUESTIONED_BY_DEVICE),
        ("2300", Reason.ARTEFACT),
    ],
)
def test_movement_a_loose_cuff_and_a_wrong_position_are_doubts(status: str, reason: Reason) -> None:
    data = f"14 {GOOD} 4800 {status}"
    assert {(each.validity, each.reason) for each in read(data).values()} == {(Validity.QUESTIONABLE, reason)}


@pytest.mark.parametrize("status", ["0400", "0800", "1000", "1800"])
def test_an_irregular_or_extreme_pulse_is_a_finding_and_no_doubt(status: str) -> None:
    events = decode(FAMILY, bytes.fromhex(f"14 {GOOD} 2300 {status}"))
    assert valid(events)["pulse_rate_nibp"] == 35
    assert events[0] == DeviceStatus(0)


@pytest.mark.parametrize(
    "data",
    ["00 7800 ff07 ff07", "04 7800 ff07 ff07 ff07", f"04 {GOOD} 4800", "12 7800 ff07 ff07 ea0709190e051e 0000"],
)
def test_the_pressure_in_the_cuff_is_never_a_measurement(data: str) -> None:
    assert decode(FAMILY, bytes.fromhex(data), cuff.INTERMEDIATE) == []


def test_a_diastolic_of_0_is_a_cuff_still_inflating() -> None:
    assert {each.value for each in read("00 9600 0000 0000").values()} == {None}
    assert valid(decode(FAMILY, bytes.fromhex("00 9600 0000 0000"))) == {}


@pytest.mark.parametrize("special", ["ff07", "0008", "fe07", "0208", "0108"])
def test_what_is_no_number_never_leaves_as_a_value(special: str) -> None:
    found = read(f"00 7800 {special} 6000")["diastolic"]
    assert (found.value, found.validity, found.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert read(f"00 7800 {special} 6000")["systolic"].validity is Validity.VALID


def test_every_flag_moves_what_follows_it() -> None:
    frame = cuff.parse_frame(bytes.fromhex("1e 8a00 5800 7800 ea0709190e051e 3c00 07 2700 ff"))
    assert frame.timestamp == bytes.fromhex("ea0709190e051e")
    assert (frame.user_id, frame.status) == (7, 0x27)
    assert frame.pulse_rate == Decimal(60)


@pytest.mark.parametrize(("flags", "size"), [(0x00, 7), (0x02, 14), (0x04, 9), (0x08, 8), (0x10, 9), (0x1F, 19)])
def test_flags_that_promise_more_than_there_is_are_malformed(flags: int, size: int) -> None:
    full = bytes((flags, *range(1, size)))
    cuff.parse_frame(full)
    for short in (full[:length] for length in range(size)):
        for channel in (cuff.MEASUREMENT, cuff.INTERMEDIATE):
            assert decode(FAMILY, short, channel) == [Malformed(0, "truncated", len(short))]
        with pytest.raises(FrameError, match="truncated"):
            cuff.parse_frame(short)


def test_a_cuff_is_spot() -> None:
    assert {measure.mode for measure in FAMILY.measures} == {Mode.SPOT}
