"""Data formats 2 and 7: packets of 25 frames."""

from __future__ import annotations

import pytest

from firmware_bridges import nonin_packet as packets
from firmware_bridges.bridge import SERIAL, Family, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families import nonin_df2, nonin_df7
from firmware_bridges.framing import FrameError
from firmware_bridges.nonin_packet import Layout
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reading, Reason, Validity
from tests.firmware_bridges.devices import readings, valid

BOTH = pytest.mark.parametrize(
    ("family", "layout"), [(nonin_df2.FAMILY, nonin_df2.LAYOUT), (nonin_df7.FAMILY, nonin_df7.LAYOUT)]
)
WELL = {"spo2": 97, "pulse_rate": 72}
SLOW = {0: 0, 1: 72, 2: 97, 3: 48, 8: 95, 9: 94, 10: 93, 13: 1, 14: 2, 15: 92, 16: 91, 19: 2, 20: 3, 21: 1, 22: 4}
"""Slow values by their place, each different, of a patient who is well."""


def packet(
    layout: Layout, status: int = 0, slow: dict[int, int] | None = None, bits: dict[int, int] | None = None
) -> bytes:
    """Return a packet with `status` bits in all frames, `bits` in some; slow values of `SLOW` but for `slow`."""
    values = SLOW | (slow or {})
    frames = []
    for place in range(25):
        first = packets.SYNC if place == 0 else 0
        head = layout.start + bytes((0x80 | first | status | (bits or {}).get(place, 0),))
        frame = head + bytes((place,) * layout.wave) + bytes((values.get(place, 0),))
        frames.append(frame + bytes((sum(frame) & 0xFF,)))
    return b"".join(frames)


def judged(events: list[Event]) -> set[tuple[Validity, Reason]]:
    return {(each.validity, each.reason) for each in readings(events)}


def statuses(events: list[Event]) -> list[tuple[Reason, ...]]:
    return [event.conditions for event in events if isinstance(event, DeviceStatus)]


@pytest.mark.parametrize("layout", [nonin_df2.LAYOUT, nonin_df7.LAYOUT])
def test_every_slow_value_has_its_place(layout: Layout) -> None:
    parsed = packets.parse_packet(packet(layout, slow={5: 3, 6: 5, 7: 0x21}), layout)
    assert (parsed.hr, parsed.spo2, parsed.firmware_revision, parsed.timer) == (72, 97, 48, 3 << 7 | 5)
    assert (parsed.low_battery, parsed.smartpoint) == (True, True)
    assert (parsed.spo2_d, parsed.spo2_fast, parsed.spo2_b_b) == (95, 94, 93)
    assert (parsed.e_hr, parsed.e_spo2, parsed.e_spo2_d) == (130, 92, 91)
    assert (parsed.hr_d, parsed.e_hr_d) == (259, 132)
    assert parsed.pleth == tuple(place * 0x0101 if layout.wave == 2 else place for place in range(25))


@BOTH
def test_reserved_bits_of_slow_values_are_ignored(family: Family, layout: Layout) -> None:
    assert valid(decode(family, packet(layout, slow={0: 0x7C, 2: 0x80 | 97, 4: 0xFF, 24: 0x80}))) == WELL


@BOTH
def test_recording_values_are_read_and_never_the_held_ones(family: Family, layout: Layout) -> None:
    missing = {0: 3, 1: 127, 2: 127, 9: 127, 10: 127, 13: 3, 14: 127, 15: 127}
    events = decode(family, packet(layout, packets.ALARM, missing))
    assert [(each.value, each.reason) for each in readings(events)] == [(None, Reason.SENSOR_OFF)] * 2
    events = decode(family, packet(layout, 0, missing))
    assert judged(events) == {(Validity.INVALID, Reason.NOT_AVAILABLE)}


@BOTH
@pytest.mark.parametrize(
    ("bit", "means"),
    [
        (packets.ALARM, (Validity.INVALID, Reason.SENSOR_OFF)),
        (packets.DISCONNECTED, (Validity.INVALID, Reason.SENSOR_DISCONNECTED)),
        (packets.OUT_OF_TRACK, (Validity.INVALID, Reason.SEARCHING)),
        (packets.ARTIFACT, (Validity.QUESTIONABLE, Reason.ARTEFACT)),
        (packets.RED, (Validity.QUESTIONABLE, Reason.LOW_PERFUSION)),
    ],
)
def test_a_status_bit_in_any_frame_of_a_packet_counts(
    family: Family, layout: Layout, bit: int, means: tuple[Validity, Reason]
) -> None:
    for place in (0, 13, 24):
        events = decode(family, packet(layout, bits={place: bit}))
        assert judged(events) == {means}
        assert statuses(events) == [(means[1],)]
        assert {each.value for each in readings(events)} == {97, 72}


@BOTH
@pytest.mark.parametrize("colour", [packets.GREEN, packets.YELLOW])
def test_a_pulse_strong_enough_leaves_the_numbers_valid(family: Family, layout: Layout, colour: int) -> None:
    assert valid(decode(family, packet(layout, colour))) == WELL


@BOTH
@pytest.mark.parametrize("bit", [packets.RED, packets.ARTIFACT])
def test_what_a_pulse_said_holds_until_the_next_pulse(family: Family, layout: Layout, bit: int) -> None:
    bridge = family.bridge()
    pulse, none, good = packet(layout, bits={4: bit}), packet(layout), packet(layout, bits={9: packets.GREEN})
    seen = [valid(bridge.receive(SERIAL, each, 0)) for each in (pulse, none, none, good, none)]
    assert seen == [{}, {}, {}, WELL, WELL]


@BOTH
def test_a_weak_pulse_beside_a_strong_one_is_weak(family: Family, layout: Layout) -> None:
    events = decode(family, packet(layout, bits={0: packets.GREEN, 20: packets.RED}))
    assert judged(events) == {(Validity.QUESTIONABLE, Reason.LOW_PERFUSION)}


@BOTH
def test_a_new_conversation_does_not_remember_the_last_pulse(family: Family, layout: Layout) -> None:
    bridge = family.bridge()
    bridge.receive(SERIAL, packet(layout, packets.RED), 0)
    bridge.closed(1)
    assert valid(bridge.receive(SERIAL, packet(layout), 2)) == WELL


@BOTH
@pytest.mark.parametrize("lost", [0, 1, 60, 124])
def test_a_packet_that_lost_a_byte_is_dropped_whole_and_the_next_is_read(
    family: Family, layout: Layout, lost: int
) -> None:
    whole = packet(layout)
    events = decode(family, whole[:lost] + whole[lost + 1 :] + packet(layout, slow={2: 88}))
    assert [each.value for each in readings(events)] == [88, 72]
    assert sum(event.dropped for event in events if isinstance(event, Malformed)) == 124


@BOTH
def test_a_packet_that_lost_a_frame_is_dropped_whole(family: Family, layout: Layout) -> None:
    whole = packet(layout)
    assert readings(decode(family, whole[:50] + whole[55:])) == []
    assert readings(decode(family, whole[5:])) == []
    assert valid(decode(family, whole[:50] + whole)) == WELL


@BOTH
def test_frames_that_never_say_where_a_packet_begins_are_none(family: Family, layout: Layout) -> None:
    assert readings(decode(family, packet(layout)[5:10] * 60)) == []


@BOTH
def test_a_packet_with_two_beginnings_is_none(family: Family, layout: Layout) -> None:
    assert readings(decode(family, packet(layout, packets.SYNC))) == []


@BOTH
@pytest.mark.parametrize("slow", [{2: 101}, {2: 126}, {0: 2, 1: 66}, {0: 3, 1: 126}, {8: 101}])
def test_a_value_that_no_device_can_mean_makes_the_packet_malformed(
    family: Family, layout: Layout, slow: dict[int, int]
) -> None:
    assert decode(family, packet(layout, slow=slow)) == [Malformed(0, "implausible", 125)]


@BOTH
def test_a_rate_above_255_is_read_from_both_bytes(family: Family, layout: Layout) -> None:
    assert valid(decode(family, packet(layout, slow={0: 2, 1: 65})))["pulse_rate"] == 321


@BOTH
def test_the_device_says_its_firmware_battery_and_time(family: Family, layout: Layout) -> None:
    assert not packets.parse_packet(packet(layout), layout).smartpoint
    assert not packets.parse_packet(packet(layout), layout).low_battery
    events = decode(family, packet(layout, slow={5: 0, 6: 4, 7: 1}) * 2)
    assert events[:2] == [Identity(0, manufacturer="Nonin", firmware="48"), DeviceStatus(0, low_battery=True)]
    assert {each.device_time for each in readings(events)} == {"PT1.333S"}
    assert len(events) == 2 + 4


@BOTH
def test_the_encoder_holds_display_values_of_a_sensor_that_is_off(family: Family, layout: Layout) -> None:
    [(_, data)] = family.encoder().encode(Sample(WELL, frozenset({Reason.SENSOR_OFF}), device_ms=5_461_000))
    parsed = packets.parse_packet(data, layout)
    assert (parsed.spo2, parsed.spo2_fast, parsed.spo2_b_b, parsed.e_spo2, parsed.hr, parsed.e_hr) == (None,) * 6
    assert (parsed.spo2_d, parsed.e_spo2_d, parsed.hr_d, parsed.e_hr_d) == (97, 97, 72, 72)
    assert parsed.timer == 16383
    assert parsed.firmware_revision == 48


@BOTH
def test_the_encoder_sends_every_average(family: Family, layout: Layout) -> None:
    [(_, data)] = family.encoder().encode(Sample(WELL))
    parsed = packets.parse_packet(data, layout)
    assert {parsed.spo2, parsed.spo2_fast, parsed.spo2_b_b, parsed.e_spo2, parsed.spo2_d, parsed.e_spo2_d} == {97}
    assert {parsed.hr, parsed.e_hr, parsed.hr_d, parsed.e_hr_d} == {72}
    assert [status & packets.YELLOW for status in parsed.statuses] == [packets.GREEN] * 12 + [0] * 13


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("0281010084", "start byte"),
        ("01017f0081", "status byte bit7 not set"),
        ("0181010084", "checksum"),
        ("0181010083", ""),
    ],
)
def test_a_frame_says_what_is_wrong_with_it(frame: str, why: str) -> None:
    data = bytes.fromhex(frame)
    assert packets.fault(data, nonin_df2.LAYOUT) == why
    with pytest.raises(FrameError, match=why or "start byte"):
        packets.parse_packet(data * 25 if why else bytes(125), nonin_df2.LAYOUT)


def test_a_packet_of_another_length_is_none() -> None:
    with pytest.raises(FrameError, match="length"):
        packets.parse_packet(packet(nonin_df2.LAYOUT)[:-5], nonin_df2.LAYOUT)


def test_a_reading_counts_its_packets() -> None:
    events = decode(nonin_df2.FAMILY, packet(nonin_df2.LAYOUT) * 3)
    assert [each.frame for each in events if isinstance(each, Reading)] == [1, 1, 2, 2, 3, 3]
