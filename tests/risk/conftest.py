from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_agent.risk.bundle import load
from edge_agent.risk.scorer import Scorer
from tests.risk.bundles import BUNDLES, SHIPPED


@pytest.fixture(scope="session", params=BUNDLES, ids=lambda folder: folder.name)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    """Return every bundle in turn: what is a law for one is a law for all."""
    return Scorer(load(request.param))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped bundle that a test may spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))
