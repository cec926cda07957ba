"""The same thing twice: two beds of one name, two devices on one port."""

from __future__ import annotations

from collections.abc import Iterable

from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, shown


def refuse_repeats(values: Iterable[tuple[Path, str]], sheet: Sheet, allowed: str) -> None:
    """Complain of every value that stood before; empty ones are no values."""
    first: dict[str, Path] = {}
    for path, value in values:
        if value in first:
            where = sheet.place(first[value]).text
            sheet.complain(path, f"{shown(value)} again", allowed, f"change one of the two; the other is at {where}")
        if value:
            first.setdefault(value, path)
