"""One case of the captures: bytes and what they are said to mean."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

EXPECTED = ".expected.json"
"""How the name of a file ends that says what is expected of the recording `.data` beside it."""


class Case(NamedTuple):
    """`data` went in the `direction`; `expected` are fields by name, numbers with a point as exact decimals."""

    folder: str
    id: str
    direction: str
    data: bytes
    expected: dict[str, object]


def load(folder: Path) -> list[Case]:
    """Return the cases of one folder in the order of their files; KeyError if a file lacks what a case must have."""
    return [_read(folder, path) for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _read(folder: Path, path: Path) -> Case:
    raw = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    return _recorded(folder, path, raw) if path.name.endswith(EXPECTED) else _case(folder.name, raw)


def _recorded(folder: Path, path: Path, raw: dict[str, object]) -> Case:
    """Return a recording in a file of its own, beside which stands what is expected of it."""
    name = path.name.removesuffix(EXPECTED)
    expected = raw.pop("expected")
    if not isinstance(expected, dict):
        raise TypeError(f"{folder.name}/{path.name}: expected is no object")
    raw.pop("source", None)
    return Case(folder.name, name, "device->host", (folder / f"{name}.data").read_bytes(), {**raw, **expected})


def _case(folder: str, raw: dict[str, object]) -> Case:
    expected = raw["expected"]
    if not isinstance(expected, dict):
        raise TypeError(f"{folder}/{raw['id']}: expected is no object")
    return Case(folder, str(raw["id"]), str(raw["direction"]), bytes.fromhex(str(raw["input_hex"])), expected)
