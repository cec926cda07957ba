from __future__ import annotations

import struct

import msgspec
import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families.healthypi_v4 import FAMILY, HEAD, SETTLE, TAIL, Encoder, cut, parse_frame
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

WELL = {"heart_rate": 72, "respiratory_rate": 15, "spo2": 97}


def packet(*, breath: int = 15, spo2: int = 97, heart: int = 72, leads: int = 0, ecg: int = 0) -> bytes:
    """Return a packet as the firmware makes it: ECG and respiration, two pleths, 36.97 Cel, and the constant cuff."""
    payload = struct.pack("<hhiih", ecg, -5, 70_000, 90_000, 3697) + bytes((breath, spo2, heart, 80, 120, leads))
    return HEAD + payload + TAIL


def heard(data: bytes) -> list[Event]:
    return decode(FAMILY, data * SETTLE)


def test_rates_and_saturation_are_read_after_five_packets() -> None:
    assert SETTLE == 5
    assert readings(decode(FAMILY, packet() * 4)) == []
    assert valid(decode(FAMILY, packet() * 5)) == WELL
    assert valid(heard(packet(spo2=100)))["spo2"] == 100


def test_neither_the_constant_cuff_nor_the_probe_is_taken() -> None:
    assert {each.vital for each in readings(heard(packet()))} == set(WELL)


@pytest.mark.parametrize("lead", range(5))
def test_a_lead_that_is_off_holds_the_rates(lead: int) -> None:
    found = readings(heard(packet(leads=1 << lead)))
    assert [(each.value, each.validity, each.reason) for each in found[:2]] == [
        (72, Validity.INVALID, Reason.SENSOR_OFF),
        (15, Validity.INVALID, Reason.SENSOR_OFF),
    ]
    assert valid(found) == {"spo2": 97}


def test_the_other_bits_of_the_status_are_not_the_leads() -> None:
    assert valid(heard(packet(leads=0xE0))) == WELL


def test_nought_is_no_number() -> None:
    events = heard(packet(breath=0, spo2=0, heart=0))
    found = readings(events)
    assert {(each.value, each.reason) for each in found} == {(None, Reason.NOT_AVAILABLE)}
    assert [event.conditions for event in events if isinstance(event, DeviceStatus)] == [(Reason.NOT_AVAILABLE,)]


def test_more_than_all_is_no_saturation() -> None:
    assert {event.why for event in heard(packet(spo2=101)) if isinstance(event, Malformed)} == {"implausible"}


def test_a_head_in_the_waves_begins_no_packet() -> None:
    tricky = packet(ecg=int.from_bytes(HEAD[:2], "little", signed=True))
    assert valid(heard(tricky)) == WELL
    events = decode(FAMILY, tricky[5:] + packet() * SETTLE)
    assert valid(events) == WELL
    assert sum(event.dropped for event in events if isinstance(event, Malformed)) == len(tricky) - 5


@pytest.mark.parametrize("other", [b"\x0a\xfa\x16\x00\x02" + bytes(22) + TAIL, HEAD + bytes(20) + b"\x00\x0c"])
def test_packets_of_other_boards_are_none_of_ours(other: bytes) -> None:
    assert readings(decode(FAMILY, other * 9)) == []
    with pytest.raises(FrameError, match="packet"):
        parse_frame(other)


def test_a_packet_among_others_does_not_count_before_five_in_a_row() -> None:
    bridge = FAMILY.bridge()
    assert readings(bridge.receive(SERIAL, (packet() * 3 + b"x") * 4, 0)) == []


def test_a_packet_may_be_waited_for_and_is_passed_over_byte_by_byte() -> None:
    whole = packet()
    for before in (b"", b"\x0a"):
        assert [cut(before + whole[:size], len(before)) for size in range(1, len(whole))] == [0] * (len(whole) - 1)
        assert cut(before + whole, len(before)) == len(whole)
        assert cut(before + whole[:-1] + b"\x0c", len(before)) == -1
    assert cut(b"\x0b" + whole, 0) == -1


def test_a_simulated_board_sends_what_the_firmware_sends() -> None:
    sample = Sample({"heart_rate": 255, "respiratory_rate": 15, "spo2": 97})
    assert Encoder().encode(sample) == [
        (SERIAL, HEAD + bytes(14) + bytes((15, 97, 255, 80, 120, 0)) + TAIL),
    ]
    beyond = msgspec.structs.replace(sample, values={"heart_rate": 256})
    assert Encoder().encode(beyond) == [(SERIAL, HEAD + bytes(17) + bytes((80, 120, 0)) + TAIL)]
    off = msgspec.structs.replace(sample, conditions=frozenset({Reason.SENSOR_OFF}))
    assert Encoder().encode(off) == [
        (SERIAL, HEAD + bytes(14) + bytes((15, 0, 255, 80, 120, 0x1F)) + TAIL),
    ]
