"""One case of the captures: bytes and what they are said to mean."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """`data` went in the `direction`; `expected` are fields by name, numbers with a point as exact decimals."""

    folder: str
    id: str
    direction: str
    data: bytes
    expected: dict[str, object]


def load(folder: Path) -> list[Case]:
    """Return the cases of one folder in the order of their files; KeyError if a file lacks what a case must have."""
    return [_case(folder.name, json.loads(path.read_text("utf-8"), parse_float=Decimal)) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _case(folder: str, raw: dict[str, object]) -> Case:
    expected = raw["expected"]
    if not isinstance(expected, dict):
        raise TypeError(f"{folder}/{raw['id']}: expected is no object")
    return Case(folder, str(raw["id"]), str(raw["direction"]), bytes.fromhex(str(raw["input_hex"])), expected)
