"""Nonin oximeters in data format 13: one measurement at a time, now or from the device's memory.

The device decides when a spot measurement is good enough ("SmartPoint"), or sends after 40 s what it has and says so.
What it took while nobody listened it sends first, at the next connection, marked as from memory: history, never live.
The length of the data may grow in later devices. The 9560 talks in this format unless told otherwise.

Source: Nonin 6470-000-01, pages 5 to 7; devices.md section 2.4.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import msgspec

from firmware_bridges import nonin
from firmware_bridges.bridge import SERIAL, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said, TalkerBridge
from firmware_bridges.verdict import judged
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

FORMAT = 13
"""The number of the data format."""

HEADER = b"\x00\x02\x00\x0d"
"""Begins every packet: null, start, packet type 13."""

_PREFIX = len(HEADER) + 2
_SUFFIX = 2
_LEAST, _MOST = 14, 128
_SMARTPOINT, _NO_MEASUREMENT = 0x02, 0x01
_FROM_MEMORY, _LOW_BATTERY = 0x10, 0x01
_NO_NUMBER = frozenset({Reason.NOT_AVAILABLE, Reason.SENSOR_OFF, Reason.SEARCHING})
_EPOCH = datetime(2026, 1, 1)  # noqa: DTZ001 - a device's clock has no zone


class Frame(msgspec.Struct, frozen=True):
    """One measurement as sent: `timestamp` as ISO 8601 without zone, rate in /min, SpO2 in %, None where missing."""

    timestamp: str
    smartpoint: bool
    no_measurement: bool
    from_memory: bool
    low_battery: bool
    pulse_rate: int | None
    spo2: int | None


def parse_frame(packet: bytes) -> Frame:
    """Take a packet apart. FrameError: "header", "length", "checksum", "end", or "implausible" values."""
    if not packet.startswith(HEADER):
        raise FrameError("header")
    data = packet[_PREFIX:-_SUFFIX]
    if len(data) < _LEAST or len(data) != int.from_bytes(packet[len(HEADER) : _PREFIX], "big"):
        raise FrameError("length")
    if sum(data) & 0xFF != packet[-2]:
        raise FrameError("checksum")
    if packet[-1] != nonin.ETX:
        raise FrameError("end")
    high, low = data[8], data[9]
    return Frame(
        timestamp=_timestamp(data[:7]),
        smartpoint=bool(high & _SMARTPOINT),
        no_measurement=bool(high & _NO_MEASUREMENT),
        from_memory=bool(low & _FROM_MEMORY),
        low_battery=bool(low & _LOW_BATTERY),
        pulse_rate=nonin.rate((data[10] & 1) << 8 | data[11]),
        spo2=nonin.spo2(data[13] & 0x7F),
    )


def _timestamp(digits: bytes) -> str:
    """Return century to second, two digits a byte, as ISO 8601; "" if they are no date, as after a battery change."""
    try:
        return datetime.strptime(digits.hex(), "%Y%m%d%H%M%S").isoformat()  # noqa: DTZ007 - no zone
    except ValueError:
        return ""


def interpret(data: bytes, at: int, ordinal: int, _memory: int) -> Said:
    """Judge a measurement: from memory it is stored, without SmartPoint questionable."""
    frame = parse_frame(data)
    reasons = [] if frame.smartpoint else [Reason.QUESTIONED_BY_DEVICE]
    reasons += [Reason.NOT_AVAILABLE] if frame.no_measurement else []
    reasons += [Reason.STORED] if frame.from_memory else []
    template = Reading(at, ordinal, "", None, device_time=frame.timestamp, stored=frame.from_memory)
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate}
    return Said(
        tuple(
            judged(msgspec.structs.replace(template, vital=vital, value=value), reasons)
            for vital, value in values.items()
        ),
        DeviceStatus(at, tuple(reasons), low_battery=frame.low_battery),
    )


def _cut(buffer: bytes, start: int) -> int:
    if not HEADER.startswith(buffer[start : start + len(HEADER)]):
        return -1
    if len(buffer) - start < _PREFIX:
        return 0
    length = int.from_bytes(buffer[start + len(HEADER) : start + _PREFIX], "big")
    packet = buffer[start : start + _PREFIX + length + _SUFFIX]
    if not _LEAST <= length <= _MOST or packet.find(HEADER, 1) > 0:
        return -1  # a second header: the first one's packet was cut off, and the next must not wait for its end
    if len(packet) < _PREFIX + length + _SUFFIX:
        return 0
    return len(packet) if sum(packet[_PREFIX:-_SUFFIX]) & 0xFF == packet[-2] and packet[-1] == nonin.ETX else -1


class Encoder:
    """The device's side: one measurement per sample.

    Says STORED (from memory), QUESTIONED_BY_DEVICE (no SmartPoint) and NOT_AVAILABLE (no measurement), the last also
    for a sensor that is off or without a pulse.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the packet of `sample`; a vital it lacks is sent as missing."""
        none = bool(sample.conditions & _NO_NUMBER)
        measured = Sample() if none else sample
        time = _EPOCH + timedelta(milliseconds=sample.device_ms)
        high = _NO_MEASUREMENT if none else 0
        high |= 0 if Reason.QUESTIONED_BY_DEVICE in sample.conditions else _SMARTPOINT
        low = _FROM_MEMORY if Reason.STORED in sample.conditions else 0
        rate = nonin.rate_field(measured)
        data = bytes.fromhex(time.strftime("%Y%m%d%H%M%S")) + bytes((0, high, low, rate >> 8, rate & 0xFF, 0))
        data += bytes((nonin.spo2_field(measured),))
        packet = HEADER + len(data).to_bytes(2, "big") + data + bytes((sum(data) & 0xFF, nonin.ETX))
        return [(SERIAL, packet)]


FAMILY = Family(
    name="nonin_df13",
    title="Nonin oximeters, data format 13 (spot check)",
    devices=("Onyx II 9560", "WristOx2 3150 (serial port profile)"),
    measures=(Measure("spo2", Mode.SPOT), Measure("pulse_rate", Mode.SPOT)),
    link=nonin.LINK,
    check=Check("fixed header and 8-bit sum, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=1.0),
    period=60_000_000_000,
    documents=nonin.DOCUMENTS,
    bridge=partial(TalkerBridge, "nonin_df13", _cut, interpret, prompt=nonin.prompt(FORMAT, until_answered=True)),
    encoder=Encoder,
    conditions=(Reason.STORED, Reason.QUESTIONED_BY_DEVICE, Reason.NOT_AVAILABLE),
)
