"""The linters must see what the house forbids: each violation is planted in a copy of the tree and has to be found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.paths import CHECKOUT

SOURCES = ("edge_agent", "firmware_bridges", "training", "benchmarks", "pyproject.toml")
CORE = ("firmware_bridges", "edge_agent.domain", "edge_agent.bedside", "edge_agent.wire")
PURE = (*CORE, "edge_agent.risk")
OUTSIDE = (
    *("asyncio", "bleak", "logging", "multiprocessing", "paho", "random", "secrets", "select"),
    *("serial", "socket", "sqlite3", "structlog", "subprocess", "threading", "time"),
)
FUNCTIONS = """
import os
import uuid
from datetime import date, datetime
import numpy as np
datetime.now()
datetime.today()
datetime.utcnow()
date.today()
np.random.default_rng()
os.urandom(1)
uuid.uuid1()
uuid.uuid4()
open("file")
"""
CALLS, OPEN = set(range(6, 14)), 14
"""The lines of the calls in `FUNCTIONS`; files are opened through pathlib everywhere, which the core may not import."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in SOURCES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def plant(tree: Path, module: str, code: str) -> Path:
    path = tree / module.replace(".", "/") / "planted.py"
    path.write_text(code, encoding="utf-8")
    return path


def imports(tree: Path, planted: Mapping[str, tuple[str, ...]]) -> str:
    """Plant import statements per package and return, in one line, what import-linter says."""
    for module, names in planted.items():
        plant(tree, module, "".join(f"import {name}\n" for name in names))
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1, found.stdout + found.stderr
    return " ".join(found.stdout.split())


def test_the_outside_is_seen_in_every_pure_package(tree: Path) -> None:
    said = imports(tree, dict.fromkeys(PURE, OUTSIDE))
    for package in PURE:
        for module in OUTSIDE:
            assert f"{package}.planted -> {module} " in said


def test_files_are_seen_in_the_core(tree: Path) -> None:
    said = imports(tree, dict.fromkeys(CORE, ("io", "os", "pathlib", "shutil", "sys", "tempfile")))
    for package in CORE:
        for module in ("io", "os", "pathlib", "shutil", "sys", "tempfile"):
            assert f"{package}.planted -> {module} " in said


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("firmware_bridges", "edge_agent.domain"),
        ("edge_agent.domain", "edge_agent.bedside"),
        ("edge_agent.bedside", "edge_agent.risk"),
        ("edge_agent.risk", "edge_agent.bedside"),
        ("edge_agent.bedside", "edge_agent.wire"),
        ("edge_agent.wire", "edge_agent.gateway"),
        ("edge_agent.gateway", "edge_agent.cli"),
        ("edge_agent.simulator", "edge_agent.bedside"),
        ("edge_agent.simulator", "edge_agent.wire"),
        ("edge_agent.simulator", "socket"),
        ("edge_agent.gateway", "edge_agent.simulator"),
        ("edge_agent.gateway", "training"),
        ("edge_agent.cli", "benchmarks"),
        ("edge_agent.gateway", "paho"),
        ("edge_agent.gateway", "tflite_runtime"),
        ("edge_agent.risk", "ai_edge_litert"),
    ],
)
def test_a_wrong_direction_is_seen(tree: Path, importer: str, imported: str) -> None:
    assert f"{importer}.planted -> {imported}" in imports(tree, {importer: (imported,)})


def test_functions_that_do_not_replay_are_seen(tree: Path) -> None:
    planted = [plant(tree, package, FUNCTIONS) for package in PURE]
    allowed = plant(tree, "edge_agent.gateway", FUNCTIONS)
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select=TID251,PTH123", "--output-format=json", "."],
        cwd=tree,
        check=False,
        capture_output=True,
    )
    lines = {path: set[int]() for path in (*planted, allowed)}
    for finding in json.loads(found.stdout):
        lines.setdefault(Path(finding["filename"]), set()).add(finding["location"]["row"])
    assert lines == {**dict.fromkeys(planted, CALLS | {OPEN}), allowed: {OPEN}}
