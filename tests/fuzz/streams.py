"""Any bytes as a conversation with a device: its frames cut, doubled, reordered, glued, flipped, made to lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from firmware_bridges.bridge import SERIAL
from tests.fuzz.choices import Choices
from tests.fuzz.envelopes import ENVELOPES
from tests.fuzz.targets import Target

MILLISECOND = 1_000_000
PAUSES = (0, 0, 0, 50, 1000, 2100, 11_000, 31_000, 70_000)
"""Milliseconds between two pieces: mostly none, else about the time-outs that families have."""

TELLING = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, 0x0A, 0x0D, 0x1B, 0x7D, 0x7E, 0x20, 0x2D, 0x30, 0x39)
"""Bytes that mean something somewhere: limits, delimiters, escapes, digits."""


class Piece(NamedTuple):
    """What happens `after` ns: `data` arrives on a channel, or, without a channel, the link is closed and opened."""

    after: int
    channel: str
    data: bytes


def conversation(target: Target, choices: Choices) -> list[Piece]:
    """Return what happens to a bridge, decided by `choices` alone."""
    pieces: list[Piece] = []
    for _ in range(1 + choices.below(4)):
        kind = choices.below(12)
        after = choices.one_of(PAUSES) * MILLISECOND
        if kind == 0:
            pieces.append(Piece(after, "", b""))
        elif kind == 1:
            where = (*target.channels, "unheard-of")
            pieces.append(Piece(after, choices.one_of(where), choices.some(12) * (1 + 30 * choices.below(2))))
        else:
            pieces += _frames(target, choices, after)
    return pieces


def _frames(target: Target, choices: Choices, after: int) -> Iterator[Piece]:
    """Yield some frames that followed each other, as a line might deliver them."""
    start = choices.below(len(target.pool))
    frames = list(target.pool[start : start + 1 + choices.below(4)])
    if choices.below(6) == 1:
        frames.reverse()
    held = b""
    for channel, data, content in frames:
        sent = held + _delivered(target.family.name, data, content, choices)
        held = b""
        fate = choices.below(10)
        if fate == 1:
            held = sent  # glued to the next
        elif fate == 2:
            cut = choices.below(len(sent) + 1)
            yield Piece(after, channel, sent[:cut])
            yield Piece(choices.one_of(PAUSES) * MILLISECOND, channel, sent[cut:])
        else:
            yield Piece(after, channel, sent)
        after = 0
    if held:
        yield Piece(0, frames[-1][0], held)


def _delivered(family: str, data: bytes, content: bytes | None, choices: Choices) -> bytes:
    """Return a frame whole, doubled, damaged, or damaged and given a right checksum again."""
    fate = choices.below(8)
    if fate <= 2:
        return data
    if fate == 3:
        return data + data
    if fate == 4 or content is None:
        return damaged(data, choices)
    return ENVELOPES[family].closed(damaged(content, choices))


def damaged(data: bytes, choices: Choices) -> bytes:
    """Return `data` after one to three accidents."""
    found = bytearray(data)
    for _ in range(1 + choices.below(3)):
        choices.one_of(ACCIDENTS)(found, choices)
    return bytes(found)


def _flip(data: bytearray, choices: Choices) -> None:
    if data:
        data[choices.below(len(data))] ^= 1 << choices.below(8)


def _overwrite(data: bytearray, choices: Choices) -> None:
    """Put a telling byte, or a length that is nearly right, over another."""
    if data:
        at = choices.below(len(data))
        telling = (*TELLING, len(data) & 0xFF, len(data) - at & 0xFF, data[at] + 1 & 0xFF, data[at] - 1 & 0xFF)
        data[at] = choices.one_of(telling)


def _cut(data: bytearray, choices: Choices) -> None:
    at = choices.below(len(data) + 1)
    del data[at : at + 1 + choices.below(4)]


def _end(data: bytearray, choices: Choices) -> None:
    del data[choices.below(len(data) + 1) :]


def _begin(data: bytearray, choices: Choices) -> None:
    del data[: choices.below(len(data) + 1)]


def _insert(data: bytearray, choices: Choices) -> None:
    at = choices.below(len(data) + 1)
    data[at:at] = choices.some(4)


def _repeat(data: bytearray, choices: Choices) -> None:
    at = choices.below(len(data) + 1)
    data[at:at] = data[at : at + 1 + choices.below(8)]


ACCIDENTS: tuple[Callable[[bytearray, Choices], None], ...] = (
    _flip,
    _flip,
    _overwrite,
    _overwrite,
    _overwrite,
    _cut,
    _end,
    _begin,
    _insert,
    _repeat,
)


def crumbs(piece: Piece, choices: Choices) -> list[Piece]:
    """Return the same bytes as they might arrive at one moment: over a serial line, in any pieces."""
    if piece.channel != SERIAL or len(piece.data) < 2:
        return [piece]
    cut = 1 + choices.below(len(piece.data) - 1)
    return [piece._replace(data=piece.data[:cut]), Piece(0, SERIAL, piece.data[cut:])]
