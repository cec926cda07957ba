"""The one walker: from a node tree to settings, typed by the settings records themselves, all problems at once.

A misspelled key is refused, and its value still read as what was probably meant: one typing error is one problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from edge_agent.domain.settings import LIMIT_RULES, Limit
from edge_agent.gateway.config import scalars
from edge_agent.gateway.config.nodes import Kind, ListNode, MapNode, Node, Scalar, Unread
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.spec import Spec
from edge_agent.gateway.config.words import Path, described, nearest, one_of, short, shown

S = TypeVar("S", bound=msgspec.Struct)

_Fields = Mapping[str, inspect.Field]
_SHORT = 3
"""Up to so many letters one wrong one is half of them."""
_INDENT = "write key: value lines, indented"


def read_struct(node: Node, cls: type[S], sheet: Sheet) -> S:
    """Return the tree as a `cls`, complaining to `sheet`; with a complaint there the result holds placeholders."""
    settings: S = _Walker(sheet).read(node, Spec.of(inspect.type_info(cls)), ())
    return settings


class _Walker:
    """Reads one tree against its types. Every value is of its setting's type, hence Any."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def read(self, node: Node, spec: Spec, path: Path) -> Any:  # noqa: ANN401 - see the class
        """Return the value of the setting `path`, or a placeholder after complaining."""
        key = self._sheet.key(path) if isinstance(node, MapNode | ListNode) else None
        self._sheet.stands(path, key or node.place)
        if isinstance(node, Unread):
            self._sheet.complain(path, node.found, node.allowed, node.remedy)
            return spec.placeholder()
        if spec.optional and isinstance(node, Scalar) and node.kind is Kind.NOTHING:
            return None
        try:
            return self._value(node, spec.kind, spec, path)
        except scalars.WrongError as wrong:
            remedy = f"write {spec.form}" if spec.secret else str(wrong)
            self._sheet.complain(path, described(node, secret=spec.secret), spec.allowed(), remedy, node.place)
            return spec.placeholder()

    def _value(self, node: Node, kind: inspect.Type, spec: Spec, path: Path) -> Any:  # noqa: ANN401 - see the class
        if isinstance(kind, inspect.StructType) and spec.listed and isinstance(node, ListNode):
            (listed,) = (field for field in kind.fields if field.encode_name == spec.listed)
            return kind.cls(**{listed.name: self.read(node, Spec.of(listed.type), path)})
        if isinstance(kind, inspect.StructType):
            return kind.cls(**self._fields(_section(node), kind, path))
        if isinstance(kind, inspect.VarTupleType):
            item = Spec.of(kind.item_type)
            items = _items(node)
            if kind.max_length is not None and len(items) > kind.max_length:
                raise scalars.WrongError(f"shorten it: it has {len(items)} entries")
            return tuple(self.read(child, item, (*path, index)) for index, child in enumerate(items))
        if isinstance(kind, inspect.DictType):
            item = Spec.of(kind.value_type)
            entries = self._entries(_section(node), path)
            return {key: self.read(child, item, (*path, key)) for key, child in entries.items()}
        if not isinstance(node, Scalar):
            raise scalars.WrongError("write one value, on one line")
        return scalars.value(node, spec)

    def _fields(self, node: MapNode, kind: inspect.StructType, path: Path) -> dict[str, Any]:
        fields = {field.encode_name: field for field in kind.fields}
        entries = self._spelled(node, self._entries(node, path), fields, path)
        values = _inherited(kind, path)
        for name, field in fields.items():
            spec = Spec.of(field.type)
            if name in entries:
                values[field.name] = self.read(entries[name], spec, (*path, name))
            elif field.required and field.name not in values:
                self._sheet.complain((*path, name), "nothing", spec.allowed(), f"add `{name}:`")
                values[field.name] = spec.placeholder()
        return values

    def _entries(self, node: MapNode, path: Path) -> dict[str, Node]:
        """Return the entries by key; the second of two equal keys is refused."""
        entries: dict[str, Node] = {}
        for entry in node.entries:
            name = entry.key.text
            if name not in entries:
                self._sheet.named((*path, name), entry.key.place)
                entries[name] = entry.value
            else:
                at = entry.key.place
                self._sheet.complain((*path, name), "the same key twice", "every key once", "keep one of the two", at)
        return entries

    def _spelled(self, node: MapNode, entries: dict[str, Node], fields: _Fields, path: Path) -> dict[str, Node]:
        """Refuse unknown keys; one that is nearly the name of an absent field stands in for it."""
        known = {name: value for name, value in entries.items() if name in fields}
        for key in (entry.key for entry in node.entries if entry.key.text not in fields):
            absent = [name for name in fields if name not in known]
            near = nearest(key.text, absent, 0.6 if len(key.text) > _SHORT else 0.5)
            if near:
                known[near] = entries[key.text]
            remedy = f"did you mean {near}?" if near else _unknown_remedy(key.text)
            unknown = f"the unknown key {shown(key.text)}"
            self._sheet.complain((*path, key.text), unknown, one_of(fields), remedy, at=key.place)
        return known


def _section(node: Node) -> MapNode:
    if not isinstance(node, MapNode):
        raise scalars.WrongError(_INDENT)
    return node


def _items(node: Node) -> tuple[Node, ...]:
    if isinstance(node, ListNode):
        return node.items
    if isinstance(node, Scalar) and node.kind is not Kind.NOTHING:
        raise scalars.WrongError(f"write [{short(node.text)}]")
    raise scalars.WrongError("begin each entry with `- `, or write [] for none")


def _unknown_remedy(key: str) -> str:
    return "write out what it should merge" if key == "<<" else "remove it"


def _inherited(kind: inspect.StructType, path: Path) -> dict[str, Any]:
    """Return what holds for fields that are not written, beyond the record's own defaults: a limit's from its rule."""
    rule = LIMIT_RULES.get(str(path[-1])) if kind.cls is Limit and path else None
    return msgspec.structs.asdict(rule.default) if rule else {}
