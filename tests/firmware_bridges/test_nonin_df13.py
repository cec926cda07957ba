from __future__ import annotations

import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import nonin_df13 as df13
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = df13.FAMILY
TIME = "20 26 09 30 14 15 07 00"


def packet(status: str = "02 00", rate: int = 72, spo2: int = 97, *, time: str = TIME, more: bytes = b"") -> bytes:
    """Return a packet with a right checksum; by default of a good measurement made now."""
    data = bytes.fromhex(time + status) + rate.to_bytes(2, "big") + bytes((0, spo2)) + more
    return df13.HEADER + len(data).to_bytes(2, "big") + data + bytes((sum(data) & 0xFF, 3))


def judged(data: bytes) -> set[tuple[int | None, Validity, Reason, bool]]:
    return {(each.value, each.validity, each.reason, each.stored) for each in readings(decode(FAMILY, data))}


def test_a_measurement_made_now_is_live_and_keeps_the_devices_time() -> None:
    assert decode(FAMILY, packet()) == [
        DeviceStatus(0),
        Reading(0, 1, "spo2", 97, device_time="2026-09-30T14:15:07"),
        Reading(0, 1, "pulse_rate", 72, device_time="2026-09-30T14:15:07"),
    ]


@pytest.mark.parametrize("status", ["02 10", "00 10", "02 11"])
def test_from_memory_is_stored_and_never_live(status: str) -> None:
    found = readings(decode(FAMILY, packet(status)))
    assert all(each.stored for each in found)
    assert valid(found) == {}
    assert [each.value for each in found] == [97, 72]


def test_from_memory_alone_the_reason_is_that_it_is_stored() -> None:
    assert {each[2] for each in judged(packet("02 10"))} == {Reason.STORED}


def test_stored_measurements_come_first_and_do_not_taint_the_new_one() -> None:
    events = decode(FAMILY, packet("02 10", spo2=90) + packet("02 10", spo2=91) + packet(spo2=98))
    assert [(each.value, each.stored) for each in readings(events) if each.vital == "spo2"] == [
        (90, True),
        (91, True),
        (98, False),
    ]
    assert valid(events) == {"spo2": 98, "pulse_rate": 72}


def test_without_smartpoint_a_measurement_is_questionable() -> None:
    assert {each[1:3] for each in judged(packet("00 00"))} == {(Validity.QUESTIONABLE, Reason.QUESTIONED_BY_DEVICE)}


@pytest.mark.parametrize("status", ["01 00", "03 00"])
def test_no_measurement_is_none_though_there_are_numbers(status: str) -> None:
    assert {each[1:3] for each in judged(packet(status))} == {(Validity.INVALID, Reason.NOT_AVAILABLE)}


@pytest.mark.parametrize(("changed", "vital"), [({"spo2": 127}, "spo2"), ({"rate": 511}, "pulse_rate")])
def test_a_missing_value_spares_the_other(changed: dict[str, int], vital: str) -> None:
    found = {each.vital: each for each in readings(decode(FAMILY, packet(**changed)))}  # type: ignore[arg-type] # numbers
    none = found.pop(vital)
    assert (none.value, none.validity, none.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


def test_a_rate_above_255_is_read_from_both_bytes() -> None:
    assert valid(decode(FAMILY, packet(rate=0xFE00 | 300)))["pulse_rate"] == 300


@pytest.mark.parametrize("changed", [{"spo2": 101}, {"rate": 322}])
def test_a_value_that_no_device_can_mean_is_malformed(changed: dict[str, int]) -> None:
    data = packet(**changed)  # type: ignore[arg-type] # numbers
    assert decode(FAMILY, data) == [Malformed(0, "implausible", len(data))]


@pytest.mark.parametrize("length", [1, 50, 114])
def test_longer_data_of_a_later_device_is_read(length: int) -> None:
    found = readings(decode(FAMILY, packet(more=bytes(length)) + packet(spo2=90)))
    assert [each.value for each in found] == [97, 72, 90, 72]


def test_endless_data_is_no_packet() -> None:
    assert readings(decode(FAMILY, packet(more=bytes(115)))) == []


@pytest.mark.parametrize("time", ["20 00 00 00 00 00 00 00", "20 26 13 30 14 15 07 00", "20 2f 09 30 14 15 07 00"])
def test_a_clock_that_was_never_set_is_unknown(time: str) -> None:
    assert {each.device_time for each in readings(decode(FAMILY, packet(time=time)))} == {""}
    assert valid(decode(FAMILY, packet(time=time))) == {"spo2": 97, "pulse_rate": 72}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x01" + packet()[1:], "header"),
        (packet()[:-1], "length"),
        (df13.HEADER + b"\x00\x02" + b"\x01\x02\x03\x03", "length"),
        (packet()[:-2] + b"\x00\x03", "checksum"),
        (packet()[:-1] + b"\x04", "end"),
    ],
)
def test_what_is_wrong_is_named_and_not_used(data: bytes, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        df13.parse_frame(data)
    assert readings(decode(FAMILY, data)) == []


@pytest.mark.parametrize("length", [0x0E, 0x40, 0x80])
def test_a_packet_that_was_cut_off_does_not_hold_back_the_next(length: int) -> None:
    bridge = FAMILY.bridge()
    events = bridge.receive(SERIAL, df13.HEADER + bytes((0, length)) + packet()[6:12] + packet(), 0)
    assert valid(events) == {"spo2": 97, "pulse_rate": 72}


def test_a_low_battery_is_told() -> None:
    assert DeviceStatus(0, low_battery=True) in decode(FAMILY, packet("02 01"))


@pytest.mark.parametrize(
    ("reason", "sent"),
    [
        (Reason.STORED, "0210"),
        (Reason.QUESTIONED_BY_DEVICE, "0000"),
        (Reason.SENSOR_OFF, "0300"),
        (Reason.DEMO, "0200"),
    ],
)
def test_the_encoder_says_conditions_by_the_status(reason: Reason, sent: str) -> None:
    [(_, data)] = FAMILY.encoder().encode(Sample({"spo2": 97, "pulse_rate": 72}, frozenset({reason}), 3_661_000))
    assert data[14:16].hex() == sent
    assert df13.parse_frame(data).timestamp == "2026-01-01T01:01:01"
