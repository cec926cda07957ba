from __future__ import annotations

import pytest

from firmware_bridges.bridge import Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import bluetooth_heart_rate as heart
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings

FAMILY = heart.FAMILY


def only_reading(data: str) -> Reading:
    [reading] = readings(decode(FAMILY, bytes.fromhex(data)))
    return reading


@pytest.mark.parametrize(
    ("data", "value", "validity", "reason"),
    [
        ("0648", 72, Validity.VALID, Reason.OK),
        ("0048", 72, Validity.VALID, Reason.OK),
        ("0600", 0, Validity.VALID, Reason.OK),
        ("070000", 0, Validity.VALID, Reason.OK),
        ("0448", 72, Validity.INVALID, Reason.SENSOR_OFF),
        ("0400", 0, Validity.INVALID, Reason.SENSOR_OFF),
        ("0000", 0, Validity.QUESTIONABLE, Reason.NOT_AVAILABLE),
        ("0200", 0, Validity.QUESTIONABLE, Reason.NOT_AVAILABLE),
        ("072c01", 300, Validity.VALID, Reason.OK),
    ],
)
def test_contact_decides_whether_a_number_is_a_measurement(
    data: str, value: int, validity: Validity, reason: Reason
) -> None:
    reading = only_reading(data)
    assert (reading.value, reading.validity, reason) == (value, validity, reading.reason)


def test_lost_contact_is_the_devices_condition() -> None:
    bridge = FAMILY.bridge()
    said = [bridge.receive(heart.MEASUREMENT, bytes.fromhex(data), 0)[0] for data in ("0648", "0400", "0400", "0648")]
    assert said[0] == said[3] == DeviceStatus(0)
    assert said[1] == DeviceStatus(0, (Reason.SENSOR_OFF,))
    assert isinstance(said[2], Reading)


def test_energy_and_beat_intervals_follow_the_rate() -> None:
    frame = heart.parse_frame(bytes.fromhex("1e483412000400040304"))
    assert frame == heart.Frame(72, contact=True, energy=0x1234, intervals=(1024, 1024, 1027))


def test_an_odd_byte_after_the_intervals_is_tolerated() -> None:
    assert heart.parse_frame(bytes.fromhex("1048000401")).intervals == (1024,)


@pytest.mark.parametrize("data", ["", "00", "0148", "0848", "084834", "1048", "104800", "1f4800341200"])
def test_flags_that_promise_more_than_there_is_are_malformed(data: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(FrameError, match="truncated"):
        heart.parse_frame(raw)
    assert decode(FAMILY, raw) == [Malformed(0, "truncated", len(raw))]


@pytest.mark.parametrize("values", [{}, {"heart_rate": -1}, {"heart_rate": 65536}])
def test_the_encoder_says_no_contact_where_it_has_no_rate(values: dict[str, int]) -> None:
    [(channel, data)] = FAMILY.encoder().encode(Sample(values))
    [reading] = readings(decode(FAMILY, data, channel))
    assert (reading.value, reading.reason) == (0, Reason.SENSOR_OFF)
