"""Contec CMS50D-BT and its likes (EMAY, A&D UP-200BLE) over Bluetooth Low Energy.

The oximeter streams once told to, and for as long as it hears a heartbeat: it stops after 3 to 4 s without one. With
the finger out it goes on sending the last numbers, under another flag. Every frame ends with the sum of its bytes, of
which seven bits are sent. This is no specification of the maker's: public captures, of which one source reads the flag
as the finger, the others as a length; a value counts under the flags that were seen with live values (05, 06).

Source: captures in a public issue thread, two public descriptions with captured frames (facts only); devices.md
section 2.3.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges.asking import Asking, AskingBridge
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import uuid
from firmware_bridges.talker import Said
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import DeviceStatus, Reading, Reason, Send

SERVICE, WRITE, NOTIFY = uuid(0xFF12), uuid(0xFF01), uuid(0xFF02)

HEARTBEAT, START = b"\x9a\x1a", b"\x9b\x01\x1c"
"""Commands: go on, start the stream. Each ends with its sum."""

EVERY = 1_500_000_000
"""Between two heartbeats, ns."""

FINGER = {4: Reason.SENSOR_OFF, 5: Reason.OK, 6: Reason.OK}
"""What the flag of a frame of values says; another is questionable."""

_LEAD = 0xEB
_PLETH, _VALUES = 0, 1
_SIZES = {_PLETH: 6, _VALUES: 8, 0x7F: 3}
_NO_SPO2, _NO_RATE, _MAX_SPO2 = 0x7F, 0xFF, 100
_SUM = 0x7F
_HELD, _LIVE = 4, 5


class Frame(msgspec.Struct, frozen=True):
    """Values as sent: `finger_flag` as in `FINGER`, SpO2 in %, pulse in /min, None where there is no number."""

    finger_flag: int
    pulse_rate: int | None
    spo2: int | None


class Pleth(msgspec.Struct, frozen=True):
    """One sample of the pleth, and of the bar that shows it."""

    ppg: int
    bargraph: int


def parse_frame(data: bytes) -> Frame | Pleth | None:
    """Take a frame apart, None for one of another kind. FrameError: "no-frame", "checksum", "implausible"."""
    if len(data) < 2 or data[0] != _LEAD or len(data) != _SIZES.get(data[1]):  # noqa: PLR2004 - lead and kind
        raise FrameError("no-frame")
    if sum(data[:-1]) & _SUM != data[-1]:
        raise FrameError("checksum")
    if data[1] == _PLETH:
        return Pleth(data[3], data[4])
    if data[1] != _VALUES:
        return None
    if data[4] > _MAX_SPO2 and data[4] != _NO_SPO2:
        raise FrameError("implausible")
    rate = None if data[3] in (0, _NO_RATE) else data[3]
    return Frame(data[2], rate, None if data[4] in (0, _NO_SPO2) else data[4])


def interpret(data: bytes, at: int, ordinal: int) -> Said:
    """Judge values by their flag; the pleth is no event."""
    frame = parse_frame(data)
    if not isinstance(frame, Frame):
        return Said()
    reason = FINGER.get(frame.finger_flag, Reason.QUESTIONED_BY_DEVICE)
    reasons = [] if reason is Reason.OK else [reason]
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate}
    read = tuple(judged(Reading(at, ordinal, vital, value), reasons) for vital, value in values.items())
    return Said(read, DeviceStatus(at, tuple(reasons)))


def _cut(buffer: bytes, start: int) -> int:
    head = buffer[start : start + 2]
    if head[0] != _LEAD:
        return -1
    if len(head) == 1:
        return 0
    size = _SIZES.get(head[1], 0)
    frame = buffer[start : start + size]
    if not size or (len(frame) == size and sum(frame[:-1]) & _SUM != frame[-1]):
        return -1
    return size if len(frame) == size else 0


class Encoder:
    """The oximeter's side: one frame of values per sample. Says SENSOR_OFF, and goes on sending the numbers."""

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the frame of `sample`; a vital that it lacks is no number."""
        flag = _HELD if Reason.SENSOR_OFF in sample.conditions else _LIVE
        rate, spo2 = sample.values.get("pulse_rate", _NO_RATE), sample.values.get("spo2", _NO_SPO2)
        frame = bytes((_LEAD, _VALUES, flag, min(rate, _NO_RATE), min(spo2, _NO_SPO2), _NO_SPO2, 0))
        return [(NOTIFY, frame + bytes((sum(frame) & _SUM,)))]


FAMILY = Family(
    name="contec_cms50d_bt_ble",
    title="Contec CMS50D-BT pulse oximeters over Bluetooth",
    devices=("Contec CMS50D-BT", "EMAY oximeters of the same make", "A&D UP-200BLE"),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY,)),
    check=Check("7-bit sum, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=0.98),
    period=1_000_000_000,
    documents=("none of the maker's: public captures and descriptions",),
    bridge=partial(
        AskingBridge,
        "contec_cms50d_bt_ble",
        interpret,
        cut=_cut,
        begins=lambda data: data[:1] == bytes((_LEAD,)),
        channel=NOTIFY,
        asking=Asking((Send(WRITE, HEARTBEAT), Send(WRITE, START)), ((Send(WRITE, HEARTBEAT),),), EVERY),
    ),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    conditions=(Reason.SENSOR_OFF,),
)
