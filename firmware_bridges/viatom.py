"""Packets of the Viatom (Wellue, Lepu) wearables: the frame that their two protocols share.

A first byte, the command or status and its complement, two bytes that differ between the protocols, the length of the
payload (little-endian), the payload, CRC-8. Not published by the maker: devices.md section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from crccheck.crc import Crc8

from firmware_bridges.framing import Cut, FrameError
from firmware_bridges.verdict import conditions, judged, verdict
from firmware_bridges.vitals import DeviceStatus, Reading, Reason

LONGEST = 1024
"""Bytes of the longest packet taken: live values with their pleth are some 160, information some 300."""

OVERHEAD = 8
"""Bytes of a packet without payload."""

_HEAD = 7
_ONES = 0xFF
_LOW_PERCENT, _MAX_PERCENT = 15, 100
_NOTHING = (0, _ONES, 0xFFFF)


class Packet(msgspec.Struct, frozen=True):
    """A packet: `code` is a command, or the status of a reply; `extra` the two bytes after its complement."""

    lead: int
    code: int
    extra: bytes
    payload: bytes


def pack(lead: int, code: int, extra: bytes, payload: bytes = b"") -> bytes:
    """Return a packet as sent."""
    head = bytes((lead, code, code ^ _ONES)) + extra + len(payload).to_bytes(2, "little") + payload
    return head + bytes((Crc8.calc(head),))


def unpack(data: bytes) -> Packet:
    """Take a packet apart. FrameError: "header", "length" or "crc"."""
    if len(data) < OVERHEAD or data[1] ^ data[2] != _ONES:
        raise FrameError("header")
    if int.from_bytes(data[5:_HEAD], "little") != len(data) - OVERHEAD:
        raise FrameError("length")
    if Crc8.calc(data[:-1]) != data[-1]:
        raise FrameError("crc")
    return Packet(data[0], data[1], data[3:5], data[_HEAD:-1])


def cut(lead: int) -> Cut:
    """Return the `Cut` of packets that begin with `lead`."""

    def find(buffer: bytes, start: int) -> int:
        head = buffer[start : start + _HEAD]
        if head[0] != lead or (len(head) > 2 and head[1] ^ head[2] != _ONES):  # noqa: PLR2004 - lead, code, complement
            return -1
        if len(head) < _HEAD:
            return 0
        size = int.from_bytes(head[5:], "little") + OVERHEAD
        if size > LONGEST:
            return -1
        packet = buffer[start : start + size]
        if len(packet) < size:
            return 0
        return size if Crc8.calc(packet[:-1]) == packet[-1] else -1

    return find


def begins(lead: int) -> Callable[[bytes], bool]:
    """Return what tells a notification that begins a packet with `lead` from the rest of one."""
    return lambda data: len(data) >= _HEAD and data[0] == lead and data[1] ^ data[2] == _ONES


def number(value: int) -> int | None:
    """Return a value as sent, None for 0 or all bits set: no reading."""
    return None if value in _NOTHING else value


def live(at: int, ordinal: int, values: dict[str, int | None], reasons: list[Reason]) -> tuple[Reading, ...]:
    """Return the readings of live `values`, all judged by `reasons`; SpO2 over 100 % is none."""
    if (values["spo2"] or 0) > _MAX_PERCENT:
        raise FrameError("implausible")
    return tuple(judged(Reading(at, ordinal, vital, value), reasons) for vital, value in values.items())


def status(at: int, reasons: list[Reason], battery: int | None) -> DeviceStatus:
    """Return the device's conditions and its battery in percent; over 100 % it is not known."""
    known = battery if battery is not None and battery <= _MAX_PERCENT else None
    return DeviceStatus(at, conditions(map(verdict, reasons)), known, known is not None and known <= _LOW_PERCENT)
