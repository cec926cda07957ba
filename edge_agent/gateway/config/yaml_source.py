"""From a YAML file to the node tree. Never raises on bytes: what is unreadable is an `Unread` with its remedy.

YAML is read by its events, not by its loader, so that nothing is turned into numbers, dates or objects on the way, and
anchors, aliases, tags and second documents are seen and refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

import yaml

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

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_PLAIN_YAML = "key: value lines, lists and plain values"
_WRONG_FILE = "is this the right file?"

_REMEDIES = (
    ("character '\\t'", "replace the tab by spaces"),
    ("could not find expected ':'", "write `key: value`, with a space after the colon"),
    ("mapping values are not allowed", "check the indentation, and put a value that contains `: ` in quotes"),
    ("found unexpected end of stream", "close the quotes"),
    ("expected ',' or", "separate the entries by commas and close the bracket"),
    ("<block end>", "give all keys of one section the same indentation"),
    ("cannot start any token", "put the value in quotes"),
    ("unknown escape", "use single quotes, in which a backslash is just a backslash"),
)
"""Part of a PyYAML complaint, and what a person should do about it."""


class _Mark(Protocol):
    """PyYAML's place of a character: line and column from 0, index in the text."""

    line: int
    column: int
    index: int


class _RefusedError(Exception):
    """Carries an `Unread` out of the middle of the tree."""

    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.found)
        self.unread = unread


def read_yaml(data: bytes, name: str) -> Node:
    """Return the tree of the file `name` (a name for places alone; nothing is opened)."""
    source = _Source(name)
    try:
        return source.document(data)
    except _RefusedError as refused:
        return refused.unread
    except yaml.MarkedYAMLError as error:
        return source.broken(error)


class _Source:
    """One file while it is read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: Iterator[yaml.Event] = iter(())

    def document(self, data: bytes) -> Node:
        """Return the only document's root, or an `Unread`."""
        self._events = self._parsed(self._text(data))
        root: Node | None = None
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if root is not None:
                remedy = "remove this `---` and what follows"
                return Unread(self._place(event.start_mark), "a second document", "one document", remedy)
            root = self._node(next(self._events), 0)
        empty = Unread(Place(self._name), "an empty file", "a configuration", "start from configs/minimal.yaml")
        return root or empty

    def broken(self, error: yaml.MarkedYAMLError) -> Unread:
        """Say what PyYAML stumbled over, and what to do about it, in our words where we have some."""
        problem = str(error.problem)
        remedy = next((remedy for part, remedy in _REMEDIES if part in problem), "correct the YAML here")
        began = error.context_mark if str(error.context).startswith("while scanning") else None
        place = self._place(began or error.problem_mark)
        return Unread(place, f"broken YAML ({problem})", _PLAIN_YAML, remedy)

    def _text(self, data: bytes) -> str:
        if len(data) > MAX_BYTES:
            unread = Unread(Place(self._name), f"{len(data)} bytes", f"at most {MAX_BYTES} bytes", _WRONG_FILE)
            raise _RefusedError(unread)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            place = self._counted(data[: error.start].decode("utf-8", "replace"))
            byte = f"the byte 0x{data[error.start]:02x}"
            raise _RefusedError(Unread(place, byte, "UTF-8 text", "save the file as UTF-8")) from error

    def _parsed(self, text: str) -> Iterator[yaml.Event]:
        """Yield PyYAML's events; its two unmarked ways to fail get a place too."""
        try:
            yield from yaml.parse(text, Loader=yaml.SafeLoader)
        except yaml.reader.ReaderError as error:
            found = f"the control character U+{ord(text[error.position]):04X}"
            unread = Unread(self._counted(text[: error.position]), found, "text", "remove the character")
            raise _RefusedError(unread) from error
        except (ValueError, OverflowError) as error:  # "\UFFFFFFFF" in double quotes
            unread = Unread(Place(self._name), f"broken YAML ({error})", _PLAIN_YAML, "correct the \\U escape")
            raise _RefusedError(unread) from error

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = self._place(event.start_mark)
        if depth > MAX_DEPTH:
            raise _RefusedError(Unread(place, "deeper nesting", f"{MAX_DEPTH} levels", _WRONG_FILE))
        if isinstance(event, yaml.AliasEvent):
            return Unread(place, f"the alias *{event.anchor}", "every value written out", "write the value out here")
        node = self._content(event, place, depth)
        return _decorated(event, place) or node

    def _content(self, event: yaml.Event, place: Place, depth: int) -> Node:
        if isinstance(event, yaml.SequenceStartEvent):
            return ListNode(place, tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)))
        if isinstance(event, yaml.ScalarEvent):
            plain = Kind.NOTHING if event.value in _NOTHING else Kind.PLAIN
            return Scalar(place, plain if event.style is None else Kind.TEXT, event.value)
        return MapNode(place, tuple(self._entry(key, depth) for key in self._until(yaml.MappingEndEvent)))

    def _entry(self, event: yaml.Event, depth: int) -> Entry:
        key = self._node(event, depth + 1)
        if not isinstance(key, Scalar):
            key = Scalar(key.place, Kind.PLAIN, "?")
        return Entry(key, self._node(next(self._events), depth + 1))

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _place(self, mark: _Mark | None) -> Place:
        return Place(f"{self._name}:{mark.line + 1}:{mark.column + 1}", mark.index) if mark else Place(self._name)

    def _counted(self, before: str) -> Place:
        lines = re.split(r"\r\n|[\r\n]", before)
        return Place(f"{self._name}:{len(lines)}:{len(lines[-1]) + 1}", len(before))


def _decorated(event: yaml.Event, place: Place) -> Unread | None:
    """Refuse an anchor or a tag."""
    if not isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent):
        return None
    if event.anchor is not None:
        remedy = "remove it, and write out what refers to it"
        return Unread(place, f"the anchor &{event.anchor}", "every value written out", remedy)
    if event.tag is not None:
        remedy = "remove it; to keep a value as text put it in quotes"
        return Unread(place, f"the tag {event.tag}", "values without tags", remedy)
    return None
