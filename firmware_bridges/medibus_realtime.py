"""The real-time extension of Draeger MEDIBUS: traces sent between the bytes of messages.

A record begins with a sync byte whose low bits say which of the first four traces follow; commands about the traces
may come next, then a value of 12 bits for each trace, its low six bits first. The family's bridge asks for no traces
and lets their bytes pass.

Source: MEDIBUS protocol definition, revision level 4.03, pages 16 to 23; devices.md section 2.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from firmware_bridges.framing import FrameError
from firmware_bridges.medibus import number

_KIND = 0xF0
_SYNC, _COMMAND = 0xD0, 0xC0
_FIRST_VALUE, _LAST_VALUE = 0x80, 0xBF
_TRACES = 4
_CONFIGURATION_SIZE = 23


class Record(msgspec.Struct, frozen=True):
    """One record: `commands` as (code, argument), `values` by the place of their trace, 0 to 3, as sent."""

    sync: int
    commands: tuple[tuple[int, int], ...]
    values: dict[int, int]


class Trace(msgspec.Struct, frozen=True):
    """A trace the device can send: its sample interval in microseconds, what 0 and `max_bin` mean in its unit."""

    code: str
    interval_us: int
    lowest: Decimal
    highest: Decimal
    max_bin: int

    def scaled(self, value: int) -> Decimal:
        """Return a value as sent in the trace's unit (page 20)."""
        return self.lowest + value * (self.highest - self.lowest) / self.max_bin


def parse_records(data: bytes) -> Iterator[Record]:
    """Yield the records among `data`, slow bytes left out. FrameError("record") where they are none."""
    fast = bytes(byte for byte in data if byte >= _FIRST_VALUE)
    starts = [at for at, byte in enumerate(fast) if byte & _KIND == _SYNC]
    if not starts or starts[0]:
        raise FrameError("record")
    for start, end in zip(starts, [*starts[1:], len(fast)], strict=True):
        yield _record(fast[start], fast[start + 1 : end])


def _record(sync: int, rest: bytes) -> Record:
    size = next((at for at, byte in enumerate(rest) if byte <= _LAST_VALUE), len(rest))
    commands, values = rest[:size], rest[size:]
    places = [place for place in range(_TRACES) if sync >> place & 1]
    if size % 2 or len(values) != 2 * len(places) or any(byte > _LAST_VALUE for byte in values):
        raise FrameError("record")
    pairs = zip(values[::2], values[1::2], strict=True)
    return Record(
        sync,
        tuple(zip(commands[::2], commands[1::2], strict=True)),
        {place: low & 0x3F | (high & 0x3F) << 6 for place, (low, high) in zip(places, pairs, strict=True)},
    )


def parse_configuration(body: str) -> tuple[Trace, ...]:
    """Return what the device can send, from its response to 53H (page 20); FrameError("content")."""
    return tuple(_trace(body[at : at + _CONFIGURATION_SIZE]) for at in range(0, len(body), _CONFIGURATION_SIZE))


def _trace(item: str) -> Trace:
    interval, lowest, highest = number(item[2:10]), number(item[10:15]), number(item[15:20])
    try:
        max_bin = int(item[20:23], 16)
    except ValueError as error:
        raise FrameError("content") from error
    if len(item) < _CONFIGURATION_SIZE or interval is None or lowest is None or highest is None or not max_bin:
        raise FrameError("content")
    return Trace(item[:2], int(interval), lowest, highest, max_bin)


def parse_request(body: str) -> tuple[tuple[str, int], ...]:
    """Return (trace, multiple of its interval) of a command 54H (page 19); FrameError("content")."""
    if not re.fullmatch(r"([0-9A-F]{4})*", body):
        raise FrameError("content")
    return tuple((body[at : at + 2], int(body[at + 2 : at + 4], 16)) for at in range(0, len(body), 4))
