from __future__ import annotations

import msgspec
import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import nonin_df8 as df8
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = df8.FAMILY
GOOD = bytes.fromhex("80486100")


def judged(frame: bytes) -> dict[str, Reading]:
    """Return what the third of three such frames says."""
    return {each.vital: each for each in readings(decode(FAMILY, frame * 3))}


def test_two_frames_are_chance_three_are_a_device() -> None:
    assert readings(decode(FAMILY, GOOD * 2)) == []
    assert valid(decode(FAMILY, GOOD * 3)) == {"spo2": 97, "pulse_rate": 72}


def test_after_a_lost_byte_three_frames_must_agree_again() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, GOOD * 3 + GOOD[:2], 0)
    assert readings(bridge.receive(SERIAL, GOOD * 2, 0)) == []
    assert len(readings(bridge.receive(SERIAL, GOOD, 0))) == 2


@pytest.mark.parametrize(
    ("frame", "validity", "reason"),
    [
        ("80486108", Validity.INVALID, Reason.SENSOR_OFF),
        ("a0486100", Validity.INVALID, Reason.SEARCHING),
        ("84486100", Validity.QUESTIONABLE, Reason.ARTEFACT),
        ("90486100", Validity.QUESTIONABLE, Reason.LOW_PERFUSION),
        ("b4486108", Validity.INVALID, Reason.SENSOR_OFF),
    ],
)
def test_held_and_doubtful_numbers_are_not_live(frame: str, validity: Validity, reason: Reason) -> None:
    found = judged(bytes.fromhex(frame))
    assert {vital: each.value for vital, each in found.items()} == {"spo2": 97, "pulse_rate": 72}
    assert {(each.validity, each.reason) for each in found.values()} == {(validity, reason)}


@pytest.mark.parametrize("frame", ["88486100", "c0486100", "80486176"])
def test_marginal_perfusion_smartpoint_and_reserved_bits_change_nothing(frame: str) -> None:
    assert valid(decode(FAMILY, bytes.fromhex(frame) * 3)) == {"spo2": 97, "pulse_rate": 72}


@pytest.mark.parametrize(("frame", "vital"), [("80487f00", "spo2"), ("837f6100", "pulse_rate"), ("80480000", "spo2")])
def test_a_missing_value_spares_the_other(frame: str, vital: str) -> None:
    found = judged(bytes.fromhex(frame))
    none = found.pop(vital)
    assert (none.value, none.validity, none.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


@pytest.mark.parametrize("frame", ["80486500", "80487e00", "82426100", "837e6100"])
def test_a_value_that_no_device_can_mean_is_malformed_and_breaks_the_streak(frame: str) -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, GOOD * 3, 0)
    assert bridge.receive(SERIAL, bytes.fromhex(frame), 5) == [Malformed(5, "implausible", 4)]
    assert bridge.receive(SERIAL, GOOD * 2, 6) == []


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ("a0486100", "out_of_track"),
        ("90486100", "low_perfusion"),
        ("88486100", "marginal_perfusion"),
        ("84486100", "artifact"),
        ("80486120", "smartpoint"),
        ("80486108", "sensor_alarm"),
        ("80486101", "low_battery"),
    ],
)
def test_every_bit_has_its_name(frame: str, name: str) -> None:
    fields = msgspec.structs.asdict(df8.parse_frame(bytes.fromhex(frame)))
    assert [field for field, value in fields.items() if value is True] == [name]


def test_the_battery_is_told_when_it_changes() -> None:
    low = bytes.fromhex("80486101")
    events = [event for event in decode(FAMILY, GOOD * 3 + low * 2 + GOOD) if isinstance(event, DeviceStatus)]
    assert events == [DeviceStatus(0), DeviceStatus(0, low_battery=True), DeviceStatus(0)]


@pytest.mark.parametrize("data", ["00486100", "80486180", "80c86100", "8048", "8048610000"])
def test_bad_sync_bits_are_no_frame(data: str) -> None:
    with pytest.raises(FrameError, match="sync bits"):
        df8.parse_frame(bytes.fromhex(data))


def test_the_encoder_holds_the_numbers_when_the_finger_is_out() -> None:
    sample = Sample({"spo2": 97, "pulse_rate": 300}, frozenset({Reason.SENSOR_OFF}))
    assert FAMILY.encoder().encode(sample) == [(SERIAL, bytes.fromhex("822c6108"))]
