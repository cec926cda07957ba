"""Where tests find the shared captures and data: beside the checkout, never inside it."""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
"""The root of this repository."""

CAPTURES = CHECKOUT.parent / "shared" / "captures"
"""Real and published device bytes, one folder per protocol."""

DATA = CHECKOUT.parent / "shared" / "data"
"""Recordings of real patients."""


def captures(name: str = "") -> Path:
    """Return the folder or file `name` of the captures; skip the calling test, with the reason, when it is absent."""
    return _present(CAPTURES / name)


def data(name: str = "") -> Path:
    """Return the folder or file `name` of the data; skip the calling test, with the reason, when it is absent."""
    return _present(DATA / name)


def _present(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path.relative_to(CHECKOUT.parent)} is not beside this checkout")
    return path
