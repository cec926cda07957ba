from __future__ import annotations

from decimal import Decimal

import pytest

from firmware_bridges.bridge import Bridge, Sample
from firmware_bridges.families import bluetooth_glucose_monitor as monitor
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import flipped, readings, valid

WITH_CRC, WITHOUT_CRC = "00100059", "00000059"
"""Features of an interstitial sensor under the skin."""
SESSION = "ea0709190e051e 0400"
"""2026-09-25T14:05:30, an hour east of UTC."""


def sealed(data: str) -> bytes:
    """Return `data` with its CRC."""
    raw = bytes.fromhex(data)
    return raw + monitor.crc16(raw).to_bytes(2, "little")


def live(features: str = "", session: str = "") -> Bridge:
    """Return a bridge that knows what was read, and has not asked for anything: what comes is measured now."""
    bridge = monitor.FAMILY.bridge()
    bears = features == WITH_CRC
    if features:
        value = sealed(features) if bears else bytes.fromhex(features + "ffff")
        assert bridge.receive(monitor.FEATURES, value, 0) == []
    if session:
        value = sealed(session) if bears else bytes.fromhex(session)
        assert bridge.receive(monitor.SESSION_START, value, 0) == []
    return bridge


def read(bridge: Bridge, data: bytes) -> list[Reading]:
    return readings(bridge.receive(monitor.MEASUREMENT, data, 0))


def marked(status: int) -> list[Reading]:
    """Return what a record with all status octets says."""
    return read(live(), bytes.fromhex("09e0 7800 0600") + status.to_bytes(3, "little"))


STATUS = {
    0: (Validity.INVALID, Reason.NOT_AVAILABLE),
    2: (Validity.INVALID, Reason.MALFUNCTION),
    3: (Validity.INVALID, Reason.MALFUNCTION),
    5: (Validity.INVALID, Reason.MALFUNCTION),
    11: (Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE),
    12: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    13: (Validity.INVALID, Reason.QUESTIONED_BY_DEVICE),
    22: (Validity.INVALID, Reason.OUT_OF_RANGE),
    23: (Validity.INVALID, Reason.OUT_OF_RANGE),
}


@pytest.mark.parametrize("bit", range(24))
def test_each_status_bit_is_heeded_or_harmless(bit: int) -> None:
    [reading] = marked(1 << bit)
    assert (reading.validity, reading.reason) == STATUS.get(bit, (Validity.VALID, Reason.OK))


def test_a_low_battery_is_told() -> None:
    events = live().receive(monitor.MEASUREMENT, bytes.fromhex("0780 7800 0600 02"), 0)
    assert events[0] == DeviceStatus(0, low_battery=True)
    assert valid(events) == {"glucose_interstitial": 120}
    assert live().receive(monitor.MEASUREMENT, bytes.fromhex("0780 7800 0600 10"), 0)[0] == DeviceStatus(0)


@pytest.mark.parametrize(
    ("flags", "octets", "status"),
    [
        ("80", "01", 0x01),
        ("40", "01", 0x0100),
        ("20", "01", 0x010000),
        ("a0", "0102", 0x020001),
        ("60", "0102", 0x020100),
    ],
)
def test_octets_stand_in_their_own_place(flags: str, octets: str, status: int) -> None:
    size = 6 + len(octets) // 2
    [record] = monitor.parse_records(bytes.fromhex(f"{size:02x}{flags} 7800 0600 {octets}"))
    assert record.status == status


@pytest.mark.parametrize(
    ("flags", "rest", "trend", "quality"),
    [
        ("01", "02f0", "0.2", None),
        ("02", "e5f3", None, "99.7"),
        ("03", "02f0 e5f3", "0.2", "99.7"),
        ("00", "", None, None),
    ],
)
def test_trend_and_quality_follow_the_octets(flags: str, rest: str, trend: str | None, quality: str | None) -> None:
    body = bytes.fromhex(f"{flags} 7800 0600 {rest}")
    for bears in (False, True):
        record = bytes((len(body) + 1 + 2 * bears,)) + body
        [found] = monitor.parse_records(record + monitor.crc16(record).to_bytes(2, "little") * bears)
        assert (found.trend, found.quality) == tuple(None if n is None else Decimal(n) for n in (trend, quality))
        assert found.crc == (monitor.crc16(record) if bears else None)
        assert (found.time_offset, found.octets, found.status) == (6, b"", 0)


def test_with_features_that_say_so_a_record_without_a_crc_is_none() -> None:
    plain = bytes.fromhex("0600 7800 0600")
    assert valid(read(live(), plain)) == valid(read(live(WITHOUT_CRC), plain)) == {"glucose_interstitial": 120}
    assert live(WITH_CRC).receive(monitor.MEASUREMENT, plain, 0) == [Malformed(0, "size", 6)]
    assert valid(read(live(WITH_CRC), sealed("0800 7800 0600"))) == {"glucose_interstitial": 120}
    assert live(WITHOUT_CRC).receive(monitor.MEASUREMENT, sealed("0800 7800 0600"), 0) == [Malformed(0, "size", 8)]


def test_every_single_flipped_bit_of_a_sealed_record_is_caught() -> None:
    record = sealed("0fe3 7800 0500 000000 02f0 e5f3")
    for position in range(len(record)):
        for bit in range(8):
            assert read(live(WITH_CRC), flipped(record, position, bit)) == []


@pytest.mark.parametrize(
    "data", ["", "05", "0500 7800 06", "0600 7800 06", "0700 7800 0600 00", "00", "0601 7800 0600"]
)
def test_a_record_of_another_size_than_it_says_is_none(data: str) -> None:
    raw = bytes.fromhex(data)
    [event] = live().receive(monitor.MEASUREMENT, raw, 0)
    assert isinstance(event, Malformed)
    assert event.why == ("truncated" if data in ("", "0600 7800 06") else "size")


def test_of_several_records_only_the_last_is_live() -> None:
    value = b"".join(
        bytes.fromhex(f"0600 {glucose:02x}00 {offset:02x}00") for glucose, offset in ((60, 0), (70, 5), (80, 10))
    )
    found = read(live(session=SESSION), value)
    assert [(each.value, each.stored, each.validity) for each in found] == [
        (60, True, Validity.INVALID),
        (70, True, Validity.INVALID),
        (80, False, Validity.VALID),
    ]
    assert [each.device_time[11:] for each in found] == ["14:05:30", "14:10:30", "14:15:30"]
    assert monitor.newest(value) == 10


def test_one_bad_record_spoils_the_notification() -> None:
    good = sealed("0800 7800 0600")
    assert read(live(), good + flipped(good, 3, 0)) == []


@pytest.mark.parametrize("features", ["0000005a", "00000045", "00000014", "00000011"])
def test_a_control_solution_or_blood_is_no_interstitial_glucose(features: str) -> None:
    [reading] = read(live(features), bytes.fromhex("0600 7800 0600"))
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.WRONG_SAMPLE)


def test_the_place_is_kept() -> None:
    assert read(live(WITHOUT_CRC), bytes.fromhex("0600 7800 0600"))[0].site == "subcutaneous tissue"


@pytest.mark.parametrize("special", ["ff07", "0008", "fe07", "0208", "0108"])
def test_what_is_no_number_never_leaves_as_a_value(special: str) -> None:
    [reading] = read(live(), bytes.fromhex(f"0600 {special} 0600"))
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)


def test_a_session_without_a_known_beginning_gives_no_time() -> None:
    assert read(live(session="00000000000000 0000"), bytes.fromhex("0600 7800 0600"))[0].device_time == ""
    assert read(live(session="0f270c1f173b3b 0000"), bytes.fromhex("0600 7800 ffff"))[0].device_time == ""
    assert read(live(), bytes.fromhex("0600 7800 0600"))[0].device_time == ""


@pytest.mark.parametrize(
    ("value", "why"),
    [("001000", "truncated"), ("0010005900ff", "crc"), ("000000590000", "crc"), ("00000059ffff00", "size")],
)
def test_features_that_are_none_are_malformed(value: str, why: str) -> None:
    data = bytes.fromhex(value)
    assert live().receive(monitor.FEATURES, data, 0) == [Malformed(0, why, len(data))]


def test_a_sealed_session_start_is_checked() -> None:
    broken = flipped(sealed(SESSION), 2, 1)
    assert live(WITH_CRC).receive(monitor.SESSION_START, broken, 0) == [Malformed(0, "crc", len(broken))]
    short = bytes.fromhex(SESSION)[:-1]
    assert live().receive(monitor.SESSION_START, short, 0) == [Malformed(0, "truncated", len(short))]


def test_features_that_come_late_do_not_turn_a_time_into_an_error() -> None:
    bridge = live(session=SESSION)
    bridge.receive(monitor.FEATURES, sealed(WITH_CRC), 0)
    [reading] = read(bridge, sealed("0800 7800 0600"))
    assert (reading.validity, reading.device_time) == (Validity.VALID, "")


def test_the_encoder_counts_five_minutes_a_record_and_begins_anew() -> None:
    encoder = monitor.Encoder()
    encoder._offset = 0xFFFE
    frames = [encoder.encode(Sample({"glucose_interstitial": 100}))[0][1] for _ in range(2)]
    assert [monitor.newest(frame) for frame in frames] == [0xFFFE, 3]
