from __future__ import annotations

import pytest

from firmware_bridges.bridge import Family
from firmware_bridges.families import contec_cms50d_bt_ble as contec
from firmware_bridges.families import jumper_jpd500f as jumper
from firmware_bridges.families import yuwell_oximeter as yuwell
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import DeviceStatus, Event, Malformed, Reason, Send, Validity
from tests.firmware_bridges.devices import readings, valid

SECOND = 1_000_000_000
CONTEC_HELD = "eb010453637f0025"
CONTEC_LIVE = "eb0105555f7f0024"
YUWELL = "fe0a5500525f1770cf64"


def notified(family: Family, *values: str) -> list[Event]:
    bridge = family.bridge()
    return [event for value in values for event in bridge.receive(family.link.subscribe[0], bytes.fromhex(value), 0)]  # type: ignore[union-attr]  # all are Bluetooth


def contec_frame(flag: int, rate: int, spo2: int) -> str:
    frame = bytes((0xEB, 1, flag, rate, spo2, 0x7F, 0))
    return (frame + bytes((sum(frame) & 0x7F,))).hex()


def test_live_values_are_read() -> None:
    assert valid(notified(contec.FAMILY, CONTEC_LIVE)) == {"spo2": 95, "pulse_rate": 85}
    assert valid(notified(jumper.FAMILY, "81386344")) == {"spo2": 99, "pulse_rate": 56, "perfusion_index": 680}
    assert valid(notified(yuwell.FAMILY, YUWELL)) == {"spo2": 95, "pulse_rate": 82, "perfusion_index": 600}


@pytest.mark.parametrize(
    ("family", "frames", "reason"),
    [
        (contec.FAMILY, (CONTEC_HELD,), Reason.SENSOR_OFF),
        (contec.FAMILY, (contec_frame(5, 0xFF, 0x7F),), Reason.NOT_AVAILABLE),
        (contec.FAMILY, (contec_frame(5, 0, 0),), Reason.NOT_AVAILABLE),
        (contec.FAMILY, (contec_frame(9, 72, 97),), Reason.QUESTIONED_BY_DEVICE),
        (jumper.FAMILY, ("81ff7f00",), Reason.NOT_AVAILABLE),
        (jumper.FAMILY, ("81000000",), Reason.NOT_AVAILABLE),
        (yuwell.FAMILY, ("fe0a5501ff7f00000000",), Reason.NOT_AVAILABLE),
        (yuwell.FAMILY, ("fe0a5500000000000000",), Reason.NOT_AVAILABLE),
        (yuwell.FAMILY, ("fe08561f020522a4", YUWELL), Reason.SENSOR_OFF),
    ],
)
def test_numbers_without_a_finger_or_a_pulse_are_not_live(
    family: Family, frames: tuple[str, ...], reason: Reason
) -> None:
    found = readings(notified(family, *frames))
    assert found
    assert {each.reason for each in found} == {reason}
    assert Validity.VALID not in {each.validity for each in found}


def test_the_sensor_that_is_on_again_is_believed() -> None:
    events = notified(yuwell.FAMILY, "fe08561f020522a4", YUWELL, "fe08561f000522a4", YUWELL)
    assert [event.conditions for event in events if isinstance(event, DeviceStatus)] == [(Reason.SENSOR_OFF,), ()]
    assert valid(events)["spo2"] == 95


@pytest.mark.parametrize(
    ("family", "frame", "why"),
    [
        (contec.FAMILY, contec_frame(5, 72, 101), "implausible"),
        (jumper.FAMILY, "81486544", "implausible"),
        (jumper.FAMILY, "814861", "truncated"),
        (jumper.FAMILY, "7f486144", "no-frame"),
        (yuwell.FAMILY, "fe0a550200610000cf64", "implausible"),
        (yuwell.FAMILY, "fe0a550048650000cf64", "implausible"),
        (yuwell.FAMILY, "fe0a55004861", "length"),
        (yuwell.FAMILY, "2d2d2d2d", "no-frame"),
    ],
)
def test_what_no_oximeter_can_mean_is_malformed(family: Family, frame: str, why: str) -> None:
    assert notified(family, frame) == [Malformed(0, why, len(frame) // 2)]


def test_the_pleth_is_no_reading() -> None:
    assert notified(contec.FAMILY, "eb000348093f", "eb7f6a") == []
    assert notified(jumper.FAMILY, "80" + "11" * 10) == []
    assert notified(yuwell.FAMILY, "fe08561f000522a4") == []


def test_a_contec_streams_for_as_long_as_it_hears_the_heart_beat() -> None:
    bridge = contec.FAMILY.bridge()
    heartbeat, start = Send(contec.WRITE, b"\x9a\x1a"), Send(contec.WRITE, b"\x9b\x01\x1c")
    assert bridge.opened(0) == [heartbeat, start]
    assert bridge.next_deadline() == 3 * SECOND // 2
    assert bridge.wake(3 * SECOND // 2) == [heartbeat]
    assert bridge.next_deadline() == 3 * SECOND
    for command in (contec.HEARTBEAT, contec.START):
        assert sum(command[:-1]) & 0x7F == command[-1]


def test_a_contec_frame_is_found_wherever_it_begins() -> None:
    assert len(readings(notified(contec.FAMILY, "eb000348093f" + CONTEC_LIVE + CONTEC_LIVE))) == 4
    assert len(readings(notified(contec.FAMILY, CONTEC_LIVE[:6], CONTEC_LIVE[6:]))) == 2
    assert len(readings(notified(contec.FAMILY, CONTEC_LIVE[:6], CONTEC_LIVE))) == 2


@pytest.mark.parametrize(
    ("frame", "why"), [("eb", "no-frame"), ("eb02", "no-frame"), (CONTEC_LIVE[:-2] + "25", "checksum")]
)
def test_what_is_no_contec_frame_is_told(frame: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        contec.parse_frame(bytes.fromhex(frame))
