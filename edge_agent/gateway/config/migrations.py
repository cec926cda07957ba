"""Older layouts become today's before anything is read: pure functions on the node tree, one step at a time.

To change the layout, raise `CONFIG_SCHEMA` and add the step from the version before. Places survive, so that a problem
in an old file is still reported at its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from edge_agent import __version__
from edge_agent.domain.errors import ConfigError
from edge_agent.gateway.config.nodes import Entry, MapNode, Node, Scalar
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import described, nearest, one_of

KEY = "config_schema"
"""The key that says which layout a configuration has. Required: a layout is never guessed."""

SECTION = "settings"
"""The section of the gateway's file that holds the ward's settings."""


class Migration(msgspec.Struct, frozen=True):
    """One step up: what becomes of the gateway's file around the ward's settings, and of the ward's settings."""

    file: Callable[[MapNode], MapNode]
    ward: Callable[[MapNode], MapNode]


MIGRATIONS: Mapping[int, Migration] = {}
"""By the version that a step starts from. Schema 1 is the first there is."""


def ward_today(root: Node, sheet: Sheet, migrations: Mapping[int, Migration]) -> Node:
    """Return the ward's settings in today's layout. Raises ConfigError for a layout newer than this agent's."""
    for version in range(_schema(root, sheet, len(migrations) + 1), len(migrations) + 1):
        root = migrations[version].ward(root) if isinstance(root, MapNode) else root
    return root


def file_today(root: Node, sheet: Sheet, migrations: Mapping[int, Migration]) -> Node:
    """Return the gateway's file in today's layout, with the ward's settings in it. Raises as `ward_today`."""
    for version in range(_schema(root, sheet, len(migrations) + 1), len(migrations) + 1):
        root = _file_up(root, migrations[version]) if isinstance(root, MapNode) else root
    return root


def _file_up(root: MapNode, migration: Migration) -> MapNode:
    return MapNode(root.place, tuple(_entry_up(entry, migration) for entry in migration.file(root).entries))


def _entry_up(entry: Entry, migration: Migration) -> Entry:
    if entry.key.text == SECTION and isinstance(entry.value, MapNode):
        return Entry(entry.key, migration.ward(entry.value))
    return entry


def _schema(root: Node, sheet: Sheet, newest: int) -> int:
    """Return the layout that `root` says it has. If it does not, complain, and go on as if it were today's."""
    if not isinstance(root, MapNode):
        return newest
    node = next((entry.value for entry in root.entries if entry.key.text == KEY), None)
    known = {str(version): version for version in range(1, newest + 1)}
    if isinstance(node, Scalar) and node.text in known:
        return known[node.text]
    sheet.stands((), root.place)
    if node is None and any(nearest(entry.key.text, [KEY]) for entry in root.entries):
        return newest
    if node is not None:
        sheet.stands((KEY,), node.place)
    newer = isinstance(node, Scalar) and re.fullmatch(r"[1-9]\d{0,8}", node.text)
    remedy = f"this is agent {__version__}: install a newer one, or go back to the older file" if newer else None
    found = described(node) if node else "nothing"
    sheet.complain((KEY,), found, one_of(known), remedy or f"write {KEY}: {newest}")
    if newer:
        raise ConfigError(sheet.problems())
    return newest
