"""From a pushed JSON object to the node tree. Never raises on bytes; places are JSON Pointers (RFC 6901).

Numbers keep their text (a limit of 36.10 is a decimal, never a float) and duplicate keys stay, to be refused later.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from edge_agent.gateway.config.nodes import (
    MAX_BYTES,
    MAX_DEPTH,
    Entry,
    Kind,
    ListNode,
    MapNode,
    Node,
    Place,
    Scalar,
    Unread,
)


class _Number(str):
    """The text of a number, told from a string."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's pairs in order, told from an array."""


_DECODER = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def read_json(data: bytes, root: str) -> Node:
    """Return the tree of one JSON text in UTF-8 whose JSON Pointer in its document is `root`."""
    place = Place(root)
    if len(data) > MAX_BYTES:
        return Unread(place, f"{len(data)} bytes", f"at most {MAX_BYTES} bytes", "is this the right document?")
    try:
        return _Tree().node(_DECODER.decode(data.decode("utf-8")), root, 0)
    except UnicodeDecodeError as error:
        byte = f"the byte 0x{data[error.start]:02x} at offset {error.start}"
        return Unread(place, byte, "UTF-8 text", "send the JSON as UTF-8")
    except json.JSONDecodeError as error:
        found = f"broken JSON at line {error.lineno}, column {error.colno} ({error.msg})"
        return Unread(place, found, "one JSON object", "correct the JSON there")
    except RecursionError:
        return _too_deep(place)


class _Tree:
    """Gives every value its pointer and its ordinal."""

    def __init__(self) -> None:
        self._ordinals = count()

    def node(self, value: object, pointer: str, depth: int) -> Node:
        """Return `value`, a result of `_DECODER`, as a node at `pointer`."""
        place = Place(pointer, next(self._ordinals))
        if depth > MAX_DEPTH:
            return _too_deep(place)
        if isinstance(value, _Object):
            return MapNode(place, tuple(self._entry(key, item, pointer, depth) for key, item in value))
        if isinstance(value, list):
            return ListNode(
                place, tuple(self.node(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value))
            )
        return _scalar(place, value)

    def _entry(self, key: str, value: object, pointer: str, depth: int) -> Entry:
        child = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        name = Scalar(Place(child, next(self._ordinals)), Kind.TEXT, key)
        return Entry(name, self.node(value, child, depth + 1))


def _scalar(place: Place, value: object) -> Scalar:
    if value is None:
        return Scalar(place, Kind.NOTHING, "null")
    if isinstance(value, bool):
        return Scalar(place, Kind.TRUTH, str(value).lower())
    return Scalar(place, Kind.NUMBER if isinstance(value, _Number) else Kind.TEXT, str(value))


def _too_deep(place: Place) -> Unread:
    return Unread(place, "deeper nesting", f"{MAX_DEPTH} levels", "is this the right document?")
