from __future__ import annotations

import pytest

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import contec_cms50_9byte as contec
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Send, Validity
from tests.firmware_bridges.devices import readings, valid
from tests.paths import captures

FAMILY = contec.FAMILY
SECOND = 1_000_000_000
ASK_ID, ASK_LIVE, ASK_STAY = (Send(SERIAL, contec.command(code)) for code in (0xAA, 0xA1, 0xAF))


def live(**changed: int) -> bytes:
    """Return a live packet of a patient who is well, but for the fields `changed`."""
    well = {"d0": 0x06, "d1": 30, "d2": 0x05, "rate": 72, "spo2": 97, "pi": 345}
    assert changed.keys() <= well.keys()
    *fields, pi = (well | changed).values()
    return contec.pack(0x01, bytes((*fields, pi & 0xFF, pi >> 8)))


def judged(packet: bytes) -> dict[str, Reading]:
    """Return what the second of two such packets says."""
    return {each.vital: each for each in readings(decode(FAMILY, packet * 2))}


def said(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, (Send, Reading))]


def test_a_real_device_is_read_without_loss() -> None:
    data = captures("contec_cms50_9byte/cms50e_live_capture.bin").read_bytes()
    events = decode(FAMILY, data)
    found = readings(events)
    assert [each.value for each in found if each.vital == "spo2"] == [99] * 101
    assert [each.value for each in found if each.vital == "pulse_rate"] == [60] * 101
    assert {each.reason for each in found if each.vital == "perfusion_index"} == {Reason.NOT_AVAILABLE}
    assert said(events) == [DeviceStatus(0), Malformed(0, "incomplete", len(data) % 9)]


def test_one_frame_alone_is_chance() -> None:
    assert readings(decode(FAMILY, live())) == []
    assert valid(decode(FAMILY, live() * 2)) == {"spo2": 97, "pulse_rate": 72, "perfusion_index": 345}


def test_after_a_lost_byte_two_frames_must_agree_again() -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, live() * 3 + live()[:4] + live()[5:], 0)
    assert readings(bridge.receive(SERIAL, live(), 0)) == []
    assert len(readings(bridge.receive(SERIAL, live(), 0))) == 3


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (live(d0=0x86), Reason.SENSOR_OFF),
        (live(d1=0x80 | 30), Reason.SEARCHING),
        (live(d0=0x16), Reason.SEARCHING),
        (live(d0=0x96, d1=0x80), Reason.SENSOR_OFF),
    ],
)
def test_plausible_numbers_without_a_finger_or_a_pulse_are_not_live(packet: bytes, reason: Reason) -> None:
    assert {(each.validity, each.reason) for each in judged(packet).values()} == {(Validity.INVALID, reason)}


@pytest.mark.parametrize(
    ("packet", "vital"),
    [
        (live(rate=0xFF), "pulse_rate"),
        (live(rate=0), "pulse_rate"),
        (live(spo2=0x7F), "spo2"),
        (live(spo2=0), "spo2"),
        (live(pi=0xFFFF), "perfusion_index"),
        (live(pi=2201), "perfusion_index"),
        (live(d2=0x15), "perfusion_index"),
    ],
)
def test_a_sentinel_is_no_value_and_spares_the_others(packet: bytes, vital: str) -> None:
    found = judged(packet)
    none = found.pop(vital)
    assert (none.value, none.validity, none.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert {each.validity for each in found.values()} == {Validity.VALID}


@pytest.mark.parametrize("packet", [live(spo2=101), live(spo2=126), live(spo2=0x80 | 97), live(d0=0x09)])
def test_a_frame_that_no_device_can_mean_is_malformed_and_breaks_the_streak(packet: bytes) -> None:
    bridge = FAMILY.bridge()
    bridge.receive(SERIAL, live() * 2, 0)
    assert bridge.receive(SERIAL, packet, 5) == [Malformed(5, "implausible", 9)]
    assert bridge.receive(SERIAL, live(), 6) == []


def test_spo2_falling_beep_and_pulse_above_127_change_nothing_else() -> None:
    assert valid(decode(FAMILY, live(d0=0x66, rate=254, pi=2200) * 2)) == {
        "spo2": 97,
        "pulse_rate": 254,
        "perfusion_index": 2200,
    }


@pytest.mark.parametrize(
    ("length", "kinds"),
    [(7, (0x05, 0x11, 0x15, 0x7D)), (6, (0x07, 0x08, 0x0F, 0x12)), (4, (0x09,)), (2, (0x0A, 0x0B)), (1, (0x0E, 0x10))],
)
def test_other_packets_are_stepped_over(length: int, kinds: tuple[int, ...]) -> None:
    others = b"".join(contec.pack(kind, bytes(range(120, 120 + length))) for kind in kinds)
    events = decode(FAMILY, live() * 2 + others + live())
    assert len(readings(events)) == 6
    assert said(events) == [DeviceStatus(0)]


def test_an_unknown_packet_is_dropped_and_counted() -> None:
    assert Malformed(0, "no-frame", 4) in decode(FAMILY, live() + b"\x33\x80\x81\x82" + live())


@pytest.mark.parametrize("goodbye", [contec.pack(0x0C, b""), contec.pack(0x0D, b"\x01")])
def test_a_device_that_takes_leave_says_so_once_and_comes_back(goodbye: bytes) -> None:
    gone = DeviceStatus(0, (Reason.NOT_AVAILABLE,))
    assert said(decode(FAMILY, live() * 2 + goodbye * 2 + live())) == [DeviceStatus(0), gone, DeviceStatus(0)]


@pytest.mark.parametrize(("reply", "model"), [(b"CMS50E\0", "CMS50E"), (bytes(range(0x81, 0x88)), "81828384858687")])
def test_the_device_names_itself(reply: bytes, model: str) -> None:
    assert Identity(0, manufacturer="Contec", model=model) in decode(FAMILY, contec.pack(0x04, reply))


def test_the_stream_is_asked_for_kept_alive_and_asked_for_again() -> None:
    bridge = FAMILY.bridge()
    assert bridge.opened(0) == [ASK_ID, ASK_LIVE]
    bridge.receive(SERIAL, live(), SECOND)
    assert bridge.next_deadline() == 3 * SECOND
    assert bridge.wake(3 * SECOND) == [ASK_STAY]
    assert bridge.wake(6 * SECOND) == [ASK_STAY, ASK_LIVE]
    assert bridge.wake(60 * SECOND) == [ASK_STAY, ASK_LIVE]
    assert bridge.next_deadline() == 63 * SECOND
    bridge.closed(61 * SECOND)
    assert bridge.wake(90 * SECOND) == []


def test_keep_alive_leaves_two_seconds_to_a_late_wake() -> None:
    assert contec.KEEP_ALIVE <= 3 * SECOND


def test_a_command_is_nine_bytes_with_its_parameters() -> None:
    assert contec.command(0xA1).hex() == "7d81a1808080808080"
    assert contec.command(0xB2, bytes((20, 26, 11, 22))).hex() == "7d81b2949a8b968080"
    assert contec.unpack(contec.command(0xB2, b"\x90\x01"))[:3] == b"\xb2\x90\x01"


def test_another_channel_is_not_this_device() -> None:
    assert FAMILY.bridge().receive("ff02", b"abc", 1) == [Malformed(1, "unknown-channel", 3)]


@pytest.mark.parametrize("values", [{"spo2": 101}, {"spo2": -1}, {"pulse_rate": 255}, {"perfusion_index": 2201}])
def test_the_encoder_sends_no_number_where_the_protocol_has_none(values: dict[str, int]) -> None:
    [(_, packet)] = FAMILY.encoder().encode(Sample(values))
    assert valid(decode(FAMILY, packet * 2)) == {}
