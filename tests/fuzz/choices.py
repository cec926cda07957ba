"""Decisions read from bytes, so that a random source and a coverage-guided fuzzer drive the same generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Choices:
    """Takes one or two bytes per decision; when they run out, every decision is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        """Return a number from 0 to `count` - 1; `count` is at most 65,536."""
        size = 1 if count <= 0x100 else 2
        taken = int.from_bytes(self._data[self._at : self._at + size], "big")
        self._at += size
        return taken % count

    def one_of(self, items: Sequence[Item]) -> Item:
        """Return one of `items`."""
        return items[self.below(len(items))]

    def some(self, most: int) -> bytes:
        """Return up to `most` of the bytes themselves."""
        size = self.below(most + 1)
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken
