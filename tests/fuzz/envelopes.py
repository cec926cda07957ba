"""What surrounds a family's content, so that damage can be given a right checksum and reach what lies behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cobs import cobs  # type: ignore[import-untyped] # ships no types
from crccheck.crc import Crc8, Crc8Maxim

from firmware_bridges import dri, intellivue, medibus, nonin
from firmware_bridges.families import bluetooth_glucose_monitor, nonin_df13, sensor_link


class Envelope(NamedTuple):
    """`opened` returns the content of a right frame, length fields included; `closed` makes a frame of any content."""

    opened: Callable[[bytes], bytes]
    closed: Callable[[bytes], bytes]


def _trailer(size: int, check: Callable[[bytes], bytes]) -> Envelope:
    return Envelope(lambda frame: frame[:-size], lambda content: content + check(content))


def _byte(number: int) -> bytes:
    return bytes((number & 0xFF,))


def _summed_fours(content: bytes) -> bytes:
    fours = [content[at : at + 4] for at in range(0, len(content), 4)]
    return b"".join(four + _byte(sum(four)) for four in fours)


def _without_sums(packet: bytes) -> bytes:
    return b"".join(packet[at : at + 4] for at in range(0, len(packet), 5))


def _unstuffed(frame: bytes) -> bytes:
    return bytes(cobs.decode(frame[:-1]))[:-2]


def _stuffed(content: bytes) -> bytes:
    return bytes(cobs.encode(content + sensor_link.crc16(content))) + b"\0"


_DF13_PREFIX = len(nonin_df13.HEADER) + 2
_CGM = bluetooth_glucose_monitor
ENVELOPES: dict[str, Envelope] = {
    "bluetooth_glucose_monitor": _trailer(2, lambda content: _CGM.crc16(content).to_bytes(2, "little")),
    "contec_cms50d_bt_ble": _trailer(1, lambda content: bytes((sum(content) & 0x7F,))),
    "drager_medibus": _trailer(3, lambda content: medibus.checksum(content) + b"\r"),
    "ge_s5_dri": Envelope(dri.unframe, dri.frame),
    "nonin_df13": _trailer(2, lambda content: bytes((sum(content[_DF13_PREFIX:]) & 0xFF, nonin.ETX))),
    "nonin_df2": Envelope(_without_sums, _summed_fours),
    "nonin_df7": Envelope(_without_sums, _summed_fours),
    "philips_intellivue": Envelope(intellivue.unframe_bytes, intellivue.frame_bytes),
    "sensor_link": Envelope(_unstuffed, _stuffed),
    "viatom_o2ring": _trailer(1, lambda content: _byte(Crc8.calc(content))),
    "viatom_oxyii": _trailer(1, lambda content: _byte(Crc8.calc(content))),
    "viatom_pc60fw": _trailer(1, lambda content: _byte(Crc8Maxim.calc(content))),
}
"""Families whose frames bear a check that the family itself looks at."""


def content_of(family: str, frame: bytes) -> bytes | None:
    """Return what is in `frame`; None where the family has no check, or this value of it bears none."""
    envelope = ENVELOPES.get(family)
    if envelope is None:
        return None
    try:
        content = envelope.opened(frame)
    except (ValueError, cobs.DecodeError):
        return None
    return content if envelope.closed(content) == frame else None
