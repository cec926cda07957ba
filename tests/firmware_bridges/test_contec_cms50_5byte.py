from __future__ import annotations

import pytest

from firmware_bridges.bridge import SERIAL
from firmware_bridges.decoding import decode
from firmware_bridges.families import contec_cms50_5byte as contec
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

FAMILY = contec.FAMILY
UPLOAD = contec.PREAMBLE * 3 + b"\x80\x80\x06"
SECONDS = b"\xf0\xc8\x61" + b"\xf1\x90\x5f"
"""Two recorded seconds: 97 % at 72 /min, 95 % at 144 /min."""


def live(*, b0: int = 0x86, b2: int = 0x05, rate: int = 72, spo2: int = 97) -> bytes:
    """Return a live frame; by default of a patient who is well."""
    return bytes((b0, 30, b2 | rate >> 7 << 6, rate & 0x7F, spo2))


def judged(frame: bytes) -> dict[str, Reading]:
    """Return what the third of three such frames says."""
    return {each.vital: each for each in readings(decode(FAMILY, frame * 3))}


def seen(events: list[Event]) -> list[tuple[int | None, Reason, bool]]:
    return [(each.value, each.reason, each.stored) for each in readings(events)]


def test_two_frames_are_chance_three_are_a_device() -> None:
    assert readings(decode(FAMILY, live() * 2)) == []
    assert valid(decode(FAMILY, live() * 3)) == {"spo2": 97, "pulse_rate": 72}
    assert valid(decode(FAMILY, live(rate=200) * 3)) == {"spo2": 97, "pulse_rate": 200}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (live(b2=0x15), Reason.SENSOR_OFF),
        (live(b0=0x96), Reason.SENSOR_OFF),
        (live(b2=0x25), Reason.SEARCHING),
        (live(b0=0x96, b2=0x35), Reason.SENSOR_OFF),
    ],
)
def test_plausible_numbers_without_a_finger_or_a_pulse_are_not_live(frame: bytes, reason: Reason) -> None:
    assert {(each.validity, each.reason) for each in judged(frame).values()} == {(Validity.INVALID, reason)}
    assert DeviceStatus(0, (reason,)) in decode(FAMILY, frame * 3)


@pytest.mark.parametrize(
    ("frame", "vital"),
    [
        (live(spo2=0), "spo2"),
        (live(spo2=127), "spo2"),
        (live(rate=0), "pulse_rate"),
        (live(rate=255), "pulse_rate"),
    ],
)
def test_zero_and_sentinels_are_no_value_and_spare_the_other(frame: bytes, vital: str) -> None:
    found = judged(frame)
    none = found.pop(vital)
    assert (none.value, none.validity, none.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


@pytest.mark.parametrize("spo2", [101, 126])
def test_a_saturation_that_no_device_can_mean_is_malformed(spo2: int) -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, live() * 3, 0)
    assert bridge.receive(SERIAL, live(spo2=spo2), 5) == [Malformed(5, "implausible", 5)]
    assert bridge.receive(SERIAL, live() * 2, 6) == []


def test_the_memory_is_stored_and_never_live() -> None:
    events = decode(FAMILY, live() * 3 + UPLOAD + SECONDS)
    assert seen(events)[2:] == [
        (97, Reason.STORED, True),
        (72, Reason.STORED, True),
        (95, Reason.STORED, True),
        (144, Reason.STORED, True),
    ]
    assert {each.validity for each in readings(events)[2:]} == {Validity.INVALID}
    assert not [event for event in events if isinstance(event, Malformed)]


def test_a_recorded_gap_is_stored_without_a_value() -> None:
    assert seen(decode(FAMILY, UPLOAD + b"\xf0\x80\x00")) == [(None, Reason.NOT_AVAILABLE, True)] * 2


def test_an_upload_that_breaks_off_a_live_frame_is_found() -> None:
    events = decode(FAMILY, bytes.fromhex("90283500") + UPLOAD + SECONDS)
    assert events[0] == Malformed(0, "no-frame", 4)
    assert len(seen(events)) == 4


def test_an_upload_cut_anywhere_is_still_no_live_data() -> None:
    data = (UPLOAD + SECONDS * 4)[1:]
    for start in range(len(data)):
        for end in range(start, len(data)):
            assert valid(decode(FAMILY, data[:start] + data[end:])) == {}


@pytest.mark.parametrize("preambles", [0, 1, 2])
def test_without_three_preambles_there_is_no_memory(preambles: int) -> None:
    assert readings(decode(FAMILY, contec.PREAMBLE * preambles + b"\x80\x80\x06" + SECONDS)) == []


def test_a_second_upload_begins_with_its_own_preamble() -> None:
    assert len(seen(decode(FAMILY, (UPLOAD + SECONDS) * 2))) == 8


def test_live_data_after_an_upload_must_settle_again() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, live() * 3 + UPLOAD + SECONDS, 0)
    assert bridge.receive(SERIAL, live() * 2, 0) == []
    assert len(readings(bridge.receive(SERIAL, live(), 0))) == 2
    assert readings(bridge.receive(SERIAL, SECONDS, 0)) == []


@pytest.mark.parametrize("data", ["0000000000", "0080000000", "80000000", "8000000080", "800000000000"])
def test_bad_sync_bits_are_no_frame(data: str) -> None:
    with pytest.raises(FrameError, match="sync bits"):
        contec.parse_frame(bytes.fromhex(data))


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]


def test_the_device_sends_unasked() -> None:
    bridge = FAMILY.bridge()
    assert bridge.opened(0) == []
    assert bridge.wake(10**12) == []
