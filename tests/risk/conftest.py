from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_agent.risk.bundle import load
from edge_agent.risk.scorer import Scorer
from tests.risk.bundles import SHIPPED


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer(load(SHIPPED))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped bundle that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))
