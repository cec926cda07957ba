"""What a configuration is made of before it has types: one small tree, the same for YAML and JSON.

Scalars keep the text that was written, so that bed `012`, the ward `NO` and a Bluetooth address arrive as they are.
"""

from __future__ import annotations

from enum import Enum

import msgspec

MAX_BYTES = 256 * 1024
"""Longest configuration read. Forty beds with everything written out take about 30 KiB."""

MAX_DEPTH = 20
"""Deepest nesting read; the settings need six."""


class Place(msgspec.Struct, frozen=True):
    """Where something stands: `text` as an error says it, `order` as the eye meets it (characters, or nodes)."""

    text: str
    order: int = 0


class Kind(str, Enum):
    """What can be told of a scalar from the way it is written."""

    PLAIN = "plain"
    """YAML without quotes: text, number or truth, as the setting wants it."""
    TEXT = "text"
    """In quotes, a block of text, or a JSON string."""
    NUMBER = "number"
    """A JSON number."""
    TRUTH = "truth"
    """A JSON true or false."""
    NOTHING = "nothing"
    """`null`, `~`, or nothing after the colon."""


class Scalar(msgspec.Struct, frozen=True):
    """One value, as it was written."""

    place: Place
    kind: Kind
    text: str


class ListNode(msgspec.Struct, frozen=True):
    """A list."""

    place: Place
    items: tuple[Node, ...]


class Entry(msgspec.Struct, frozen=True):
    """One `key: value`."""

    key: Scalar
    value: Node


class MapNode(msgspec.Struct, frozen=True):
    """A mapping with its entries in order, duplicates included: whoever reads it refuses them."""

    place: Place
    entries: tuple[Entry, ...]


class Unread(msgspec.Struct, frozen=True):
    """Something that is refused before it has a value: broken syntax, an alias, a tag. Says why like a `Problem`."""

    place: Place
    found: str
    allowed: str
    remedy: str


Node = Scalar | ListNode | MapNode | Unread
"""Any part of a configuration."""
