from __future__ import annotations

import pytest

from firmware_bridges.decoding import decode
from firmware_bridges.families import polar_pmd as polar
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Send, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = polar.FAMILY
START = Send(polar.CONTROL, bytes.fromhex("0203"))
GOOD = "48 4103 0500 06"
"""72 /min, 833 ms, 5 ms, in contact."""


def ppi(*samples: str, time: int = 0, frame_type: int = 0) -> bytes:
    return b"\x03" + time.to_bytes(8, "little") + bytes((frame_type,)) + bytes.fromhex("".join(samples))


def judged(*samples: str) -> tuple[int | None, Validity, Reason]:
    [reading] = readings(decode(FAMILY, ppi(*samples)))
    return reading.value, reading.validity, reading.reason


@pytest.mark.parametrize(
    ("sample", "value", "validity", "reason"),
    [
        (GOOD, 72, Validity.VALID, Reason.OK),
        ("48 4103 1e00 06", 72, Validity.VALID, Reason.OK),
        ("48 4103 0500 00", 72, Validity.VALID, Reason.OK),
        ("48 4103 0500 02", 72, Validity.VALID, Reason.OK),
        ("48 4103 0500 04", 72, Validity.INVALID, Reason.SENSOR_OFF),
        ("48 4103 0500 05", 72, Validity.INVALID, Reason.SENSOR_OFF),
        ("48 4103 0500 07", 72, Validity.QUESTIONABLE, Reason.ARTEFACT),
        ("48 4103 1f00 06", 72, Validity.QUESTIONABLE, Reason.ARTEFACT),
        ("00 4103 0500 06", None, Validity.INVALID, Reason.NOT_AVAILABLE),
        ("00 4103 0500 07", None, Validity.INVALID, Reason.NOT_AVAILABLE),
    ],
)
def test_contact_blocker_and_error_decide(sample: str, value: int | None, validity: Validity, reason: Reason) -> None:
    assert judged(sample) == (value, validity, reason)


def test_the_newest_interval_of_a_frame_counts() -> None:
    assert judged("50 ee02 0500 06", GOOD) == (72, Validity.VALID, Reason.OK)
    assert judged(GOOD, "48 4103 0500 04")[2] is Reason.SENSOR_OFF


def test_the_sensors_time_is_counted_from_2000_and_kept_as_text() -> None:
    said = readings(decode(FAMILY, ppi(GOOD, time=1_500_000_000)))[0].device_time
    assert said == "2000-01-01T00:00:01.500000"
    assert readings(decode(FAMILY, ppi(GOOD)))[0].device_time == ""
    assert readings(decode(FAMILY, ppi(GOOD, time=2**64 - 1)))[0].device_time.startswith("2584-")


def test_the_intervals_are_started_and_missed() -> None:
    bridge = FAMILY.bridge()
    assert bridge.opened(0) == [START]
    assert bridge.next_deadline() == polar.IMPATIENCE
    assert bridge.wake(polar.IMPATIENCE - 1) == []
    assert bridge.wake(polar.IMPATIENCE) == [START]
    bridge.receive(polar.DATA, ppi(GOOD), polar.IMPATIENCE + 5)
    assert bridge.next_deadline() == 2 * polar.IMPATIENCE + 5
    bridge.receive(polar.DATA, bytes(10), polar.IMPATIENCE + 9)
    assert bridge.next_deadline() == 2 * polar.IMPATIENCE + 5, "only intervals are what was asked for"
    bridge.closed(polar.IMPATIENCE + 10)
    assert bridge.next_deadline() is None


def test_a_sensor_that_obeys_and_forgets_is_read_again() -> None:
    """Simulated: it sends one frame every 5 s once started, and stops by itself after three."""
    bridge, at, left, found = FAMILY.bridge(), 0, 0, 0
    events = bridge.opened(0)
    while at < 5 * polar.IMPATIENCE:
        left = 3 if START in events else left
        at += 5_000_000_000
        events = bridge.receive(polar.DATA, ppi(GOOD), at) if left else []
        left, found = max(left - 1, 0), found + len(valid(events))
        due = bridge.next_deadline()
        events += bridge.wake(at) if due is not None and at >= due else []
    assert found >= 9


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated"),
        (ppi(), "truncated"),
        (ppi(GOOD)[:-1], "truncated"),
        (ppi(GOOD, frame_type=1), "frame-type"),
        (ppi(GOOD, frame_type=0x80), "frame-type"),
        (bytes(9) + b"\x03" + bytes(7), "frame-type"),
        (bytes(9) + b"\x80" + bytes(3), "frame-type"),
        (bytes(10), "truncated"),
    ],
)
def test_what_is_no_frame_is_malformed(data: bytes, why: str) -> None:
    assert decode(FAMILY, data, polar.DATA)[1:] == [Malformed(0, why, len(data))]


@pytest.mark.parametrize("kind", [1, 2, 5, 6, 63])
def test_what_was_not_asked_for_means_no_event(kind: int) -> None:
    assert decode(FAMILY, bytes((kind, *bytes(30)))) == [START]


def test_an_electrocardiogram_is_taken_apart_and_goes_no_further() -> None:
    frame = bytes(10) + bytes.fromhex("ffffff 010000")
    assert [each.microvolts for each in polar.parse_potentials(frame)] == [-1, 1]
    assert decode(FAMILY, frame) == [START]
    contact = bytes(9) + b"\x01" + bytes.fromhex("ffff1f")
    tags = {"oversampling": 1, "skin_contact": 3, "contact_impedance": 3}
    assert polar.parse_potentials(contact) == (polar.Potential(0x3FFF, tags),)


def test_an_electrocardiogram_with_pace_tags() -> None:
    frame = bytes(9) + b"\x02" + bytes.fromhex("8080fc ffff03 010028")
    assert polar.parse_potentials(frame) == (
        polar.Potential(0x8080, {"ecg_tag": 7, "pace_tag": 7}),
        polar.Potential(0x3FFFF, {"ecg_tag": 0, "pace_tag": 0}),
        polar.Potential(1, {"ecg_tag": 2, "pace_tag": 1}),
    )


def test_each_contact_tag_has_its_bits() -> None:
    frame = bytes(9) + b"\x01" + bytes.fromhex("010001 010002 010008 0100e0")
    tags = [
        (t["oversampling"], t["skin_contact"], t["contact_impedance"])
        for t in (each.tags for each in polar.parse_potentials(frame))
    ]
    assert tags == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)]


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("sample_rate", 1, "00010100"),
        ("resolution", 1, "01010100"),
        ("range", 1, "02010100"),
        ("range_milliunit", 1, "030101000000"),
        ("channels", 1, "040101"),
        ("factor", 1, "050101000000"),
    ],
)
def test_each_setting_has_its_number_and_size(name: str, value: int, written: str) -> None:
    assert polar.command(2, 2, {name: value}) == bytes.fromhex("0202" + written)


def test_commands_carry_their_settings_in_order() -> None:
    assert polar.command(2, 0, {"sample_rate": 130, "resolution": 14}) == bytes.fromhex("0200 00018200 01010e00")
    assert polar.command(3, 3) == b"\x03\x03"
    with pytest.raises(KeyError):
        polar.command(2, 0, {"colour": 1})
    with pytest.raises(OverflowError):
        polar.command(2, 0, {"channels": 256})


def test_a_response_is_no_event_and_a_short_one_is_malformed() -> None:
    bridge = FAMILY.bridge()
    assert bridge.receive(polar.CONTROL, bytes.fromhex("f0020300"), 0) == []
    assert bridge.receive(polar.CONTROL, bytes.fromhex("f0020303"), 0) == []
    assert bridge.receive(polar.CONTROL, bytes.fromhex("0f08"), 0) == [], "its features, when they are read"
    assert bridge.receive(polar.CONTROL, bytes.fromhex("f00203"), 0) == [Malformed(0, "truncated", 3)]
    assert polar.parse_response(bytes.fromhex("f002030001")).more


def test_the_sensors_condition_is_told_when_it_changes() -> None:
    bridge = FAMILY.bridge()
    said = [bridge.receive(polar.DATA, ppi(sample), 0)[0] for sample in (GOOD, "48 4103 0500 04", "48 4103 0500 04")]
    assert said[:2] == [DeviceStatus(0), DeviceStatus(0, (Reason.SENSOR_OFF,))]
    assert isinstance(said[2], Reading)


def test_that_it_is_a_wellness_sensor_is_said() -> None:
    assert "not for medical use" in FAMILY.caution
