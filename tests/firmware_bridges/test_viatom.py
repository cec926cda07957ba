from __future__ import annotations

import json

import pytest

from firmware_bridges import viatom
from firmware_bridges.bridge import Bridge, Family
from firmware_bridges.families import viatom_o2ring as o2ring
from firmware_bridges.families import viatom_oxyii as oxyii
from firmware_bridges.families import viatom_pc60fw as pc60fw
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Identity, Malformed, Reason, Send, Validity
from tests.firmware_bridges.devices import readings, valid

SECOND = 1_000_000_000
CAPTURED = "aa550f08016140005100c05b"


def notified(family: Family, *values: bytes) -> list[Event]:
    bridge = family.bridge()
    return [event for value in values for event in bridge.receive(family.link.subscribe[0], value, 0)]  # type: ignore[union-attr]  # all are Bluetooth


def ring_reply(payload: bytes, status: int = 0) -> bytes:
    return viatom.pack(o2ring.DEVICE, status, b"\0\0", payload)


def o2_live(**changed: int) -> bytes:
    well = {"spo2": 97, "rate": 60, "battery": 85, "charging": 0, "motion": 3, "pi": 25, "finger": 1}
    values = well | changed
    assert len(values) == len(well)
    head = bytes((values["spo2"], values["rate"] & 0xFF, values["rate"] >> 8)) + bytes(4)
    return ring_reply(head + bytes(values[name] for name in ("battery", "charging", "motion", "pi", "finger")))


def oxyii_live(state: int = 1, spo2: int = 97, rate: int = 60) -> bytes:
    payload = bytearray(24)
    payload[5], payload[6], payload[8], payload[13] = state, spo2, rate, 90
    return viatom.pack(oxyii.LEAD, oxyii.LIVE, b"\1\0", bytes(payload))


def pc_values(spo2: int = 97, rate: int = 64, pi: int = 81, state: int = 0) -> bytes:
    return pc60fw.pack(0x0F, 0x01, bytes((spo2, rate & 0xFF, rate >> 8, pi, state, 0xC0)))


class Ring:
    """A ring that answers what it is asked, each answer cut into notifications of 20 bytes."""

    def __init__(self, answers: dict[int, bytes]) -> None:
        self.answers, self.asked = answers, list[int]()

    def talk(self, bridge: Bridge, write: str, notify: str, seconds: int) -> list[Event]:
        events = self.answer(bridge, bridge.opened(0), write, notify, 0)
        for second in range(1, seconds + 1):
            due = bridge.next_deadline()
            if due is not None and due <= second * SECOND:
                events += self.answer(bridge, bridge.wake(second * SECOND), write, notify, second * SECOND)
        return events

    def answer(self, bridge: Bridge, asked: list[Event], write: str, notify: str, at: int) -> list[Event]:
        events = []
        for send in asked:
            assert isinstance(send, Send)
            assert send.channel == write
            code = viatom.unpack(send.data).code
            self.asked.append(code)
            reply = self.answers.get(code, b"")
            for start in range(0, len(reply), 20):
                events += bridge.receive(notify, reply[start : start + 20], at)
        return events


def test_an_o2ring_says_who_it_is_and_is_polled_every_two_seconds() -> None:
    info = json.dumps({"Region": "CE", "Model": "1652", "HardwareVer": "AA", "SoftwareVer": "1.5.0", "SN": "2046"})
    ring = Ring({o2ring.INFO: ring_reply(info.encode() + bytes(200)), o2ring.LIVE: o2_live()})
    events = ring.talk(o2ring.FAMILY.bridge(), o2ring.WRITE, o2ring.NOTIFY, 10)
    assert ring.asked == [o2ring.INFO] + [o2ring.LIVE] * 6
    assert events[:2] == [
        Identity(0, "Viatom", "1652", "2046", hardware="AA", software="1.5.0"),
        DeviceStatus(0, (), 85),
    ]
    assert [each.at // SECOND for each in readings(events) if each.vital == "spo2"] == [0, 2, 4, 6, 8, 10]
    assert valid(events) == {"spo2": 97, "pulse_rate": 60, "perfusion_index": 250}


def test_an_oxyii_ring_is_greeted_set_up_and_polled_every_second_and_never_wiped() -> None:
    info = bytes(9) + b"2D010002" + bytes(20) + bytes((4,)) + b"2592"
    reply = {oxyii.INFO: viatom.pack(oxyii.LEAD, oxyii.INFO, b"\1\0", info), oxyii.LIVE: oxyii_live()}
    ring = Ring(reply)
    events = ring.talk(oxyii.FAMILY.bridge(), oxyii.WRITE, oxyii.NOTIFY, 300)
    assert ring.asked == [0xFF, 0x10, 0xE1] + [oxyii.LIVE] * 300
    assert events[0] == Identity(0, "Viatom", "O2Ring-S", "2592", "2D010002")
    assert len(readings(events)) == 600
    assert valid(events) == {"spo2": 97, "pulse_rate": 60}


def test_the_handshake_is_the_published_one_but_for_the_time() -> None:
    published = bytes.fromhex("0068158872091cb098c8c7da")
    assert oxyii.handshake()[:12] == published


def test_a_ring_that_answers_with_a_key_is_told_to_encrypt() -> None:
    reply = viatom.pack(oxyii.LEAD, oxyii.HANDSHAKE, b"\1\0", bytes(20))
    assert notified(oxyii.FAMILY, reply) == [Malformed(0, "encrypted", len(reply))]


@pytest.mark.parametrize(
    ("family", "reply", "reason"),
    [
        (o2ring.FAMILY, o2_live(finger=0), Reason.SENSOR_OFF),
        (oxyii.FAMILY, oxyii_live(state=0), Reason.SENSOR_OFF),
        (pc60fw.FAMILY, pc_values(state=0x02), Reason.SENSOR_OFF),
        (pc60fw.FAMILY, pc_values(state=0x04), Reason.SEARCHING),
        (o2ring.FAMILY, o2_live(spo2=0, rate=0, pi=0), Reason.NOT_AVAILABLE),
        (o2ring.FAMILY, o2_live(spo2=0xFF, rate=0xFFFF, pi=0xFF), Reason.NOT_AVAILABLE),
        (oxyii.FAMILY, oxyii_live(spo2=0, rate=0xFF), Reason.NOT_AVAILABLE),
        (pc60fw.FAMILY, pc_values(spo2=0, rate=0, pi=0), Reason.NOT_AVAILABLE),
    ],
)
def test_numbers_without_a_finger_or_a_pulse_are_not_live(family: Family, reply: bytes, reason: Reason) -> None:
    found = readings(notified(family, reply))
    assert {(each.validity, each.reason) for each in found} == {(Validity.INVALID, reason)}


def test_the_probe_is_off_and_then_on_again() -> None:
    states = notified(pc60fw.FAMILY, pc_values(), pc_values(state=2), pc_values(state=2), pc_values())
    said = [event.conditions for event in states if isinstance(event, DeviceStatus)]
    assert said == [(), (Reason.SENSOR_OFF,), ()]


@pytest.mark.parametrize(
    ("family", "reply"),
    [(o2ring.FAMILY, o2_live(spo2=101)), (oxyii.FAMILY, oxyii_live(spo2=101)), (pc60fw.FAMILY, pc_values(spo2=101))],
)
def test_more_than_all_is_no_saturation(family: Family, reply: bytes) -> None:
    assert notified(family, reply) == [Malformed(0, "implausible", len(reply))]


def test_a_spot_result_a_pleth_and_a_battery_are_no_live_readings() -> None:
    packets = ("aa550f062101036258fb", "aa550f07026e5fcc3722ed")
    battery = pc60fw.pack(pc60fw.DEVICE, pc60fw.BATTERY, b"\3")
    assert battery[:6].hex() == "aa55f0030303"
    assert notified(pc60fw.FAMILY, *map(bytes.fromhex, packets), battery) == []


def test_packets_may_share_or_split_notifications() -> None:
    stream = bytes.fromhex(CAPTURED + "aa550f07026e5fcc3722ed" + CAPTURED)
    assert len(readings(notified(pc60fw.FAMILY, stream))) == 6
    pieces = [stream[start : start + 5] for start in range(0, len(stream), 5)]
    assert len(readings(notified(pc60fw.FAMILY, *pieces))) == 6


def test_a_packet_that_never_ends_does_not_hold_the_next() -> None:
    begun = viatom.pack(o2ring.DEVICE, 0, b"\0\0", bytes(900))[:20]
    found = notified(o2ring.FAMILY, begun, o2_live())
    assert found[0] == Malformed(0, "incomplete", 20)
    assert valid(found)["spo2"] == 97


@pytest.mark.parametrize(("battery", "told", "low"), [(100, 100, False), (15, 15, True), (101, None, False)])
def test_the_battery_is_told_in_percent_or_not(battery: int, told: int | None, low: bool) -> None:  # noqa: FBT001 - a row of the table
    status = notified(o2ring.FAMILY, o2_live(battery=battery))[0]
    assert status == DeviceStatus(0, (), told, low)


def test_a_refusal_and_broken_information_are_told() -> None:
    assert notified(o2ring.FAMILY, ring_reply(b"", status=1)) == [Malformed(0, "refused", 8)]
    for text in (b'{"Model": 5}', b'{"Model"', b"{\xff"):
        assert [type(each) for each in notified(o2ring.FAMILY, ring_reply(text))] == [Malformed]
    short = viatom.pack(oxyii.LEAD, oxyii.INFO, b"\1\0", bytes(30))
    assert notified(oxyii.FAMILY, short) == [Malformed(0, "truncated", len(short))]
    assert notified(o2ring.FAMILY, ring_reply(b"")) == []


@pytest.mark.parametrize(
    ("data", "why"), [("5501ff00000000aa", "header"), ("5500ff00000900aa", "length"), ("5500ff00000000aa", "crc")]
)
def test_what_is_no_packet_is_told(data: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        viatom.unpack(bytes.fromhex(data))


@pytest.mark.parametrize(
    ("data", "why"), [("aa54", "header"), ("aa550f0501", "header"), ("aa550f050102", "length"), ("aa550f0201ff", "crc")]
)
def test_what_is_no_pc60_packet_is_told(data: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        pc60fw.unpack(bytes.fromhex(data))
    with pytest.raises(FrameError, match="truncated"):
        pc60fw.parse_values(b"12345")
    with pytest.raises(FrameError, match="truncated"):
        pc60fw.parse_spot(b"123")
