"""What holds for every file of the repository and no linter checks."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import edge_agent
from edge_agent.bedside.rules import GATEWAY_RULES, RULES
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.schemas import schema
from edge_agent.wire.topics import TOPICS
from firmware_bridges.families import FAMILIES
from tests.paths import CHECKOUT
from tools.generate_docs import DOCS, generate

LONGEST = 400
PACKAGES = ("edge_agent", "firmware_bridges", "training", "benchmarks", "tools", "tests")
SOURCES = sorted(path for package in PACKAGES for path in (CHECKOUT / package).rglob("*.py"))
CORE = ("firmware_bridges", "edge_agent/domain", "edge_agent/bedside", "edge_agent/wire", "edge_agent/risk")
BELOW_WIRE = {"numpy", "msgspec", "crccheck", "cobs", "edge_agent", "firmware_bridges"}
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def imported(path: Path) -> Iterator[str]:
    """Yield the top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_file_is_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST


def test_every_package_says_what_lives_there() -> None:
    folders = {path.parent for path in SOURCES}
    assert {shown(folder) for folder in folders if not (folder / "__init__.py").exists()} == set()
    silent = [folder for folder in folders if not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))]
    assert silent == []


def test_the_core_imports_small_codecs_alone() -> None:
    allowed = BELOW_WIRE | sys.stdlib_module_names
    core = [path for package in CORE for path in (CHECKOUT / package).rglob("*.py")]
    assert {shown(path): set(imported(path)) - allowed for path in core if set(imported(path)) - allowed} == {}


def test_the_core_imports_by_name_only_its_own_parts() -> None:
    runtime = CHECKOUT / "edge_agent/risk/runtime.py"  # the one door: which runtime is there is found out by trying
    core = [path for package in CORE for path in (CHECKOUT / package).rglob("*.py") if path != runtime]
    calls = [call for path in core for call in re.findall(r"import_module\((.*?)\)", path.read_text(encoding="utf-8"))]
    assert set(calls) <= {'f"{__name__}.{module.name}"'}


def test_every_family_rule_topic_and_payload_has_its_row() -> None:
    texts = {name: (DOCS / name).read_text(encoding="utf-8") for name in generate()}
    rows = {
        "devices.md": list(FAMILIES),
        "rules.md": [*RULES, *(rule.id for rule in GATEWAY_RULES)],
        "payloads.md": [row.template for row in TOPICS.values()],
    }
    for page, names in rows.items():
        assert [name for name in names if f"\n| `{name}` |" not in texts[page]] == []
    assert [name for name in PAYLOADS if f"\n## {name}\n" not in texts["payloads.md"]] == []


def test_two_payload_parts_of_one_name_are_one_part() -> None:
    seen: dict[str, object] = {}
    for name in PAYLOADS:
        for part, node in schema(name)["$defs"].items():
            assert seen.setdefault(part, node) == node, f"{part} means two things, one of them in {name}"


@pytest.mark.parametrize("lock", LOCKS, ids=shown)
def test_a_lock_names_no_address_and_hashes_everything(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    pinned = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)+", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0


def test_what_runs_is_what_was_tested() -> None:
    pins = {lock.stem: set(re.findall(r"^\S+==\S+", lock.read_text(encoding="utf-8"), re.MULTILINE)) for lock in LOCKS}
    assert pins["run"] <= pins["demo"] <= pins["dev"] <= pins["train"]


def test_versions_agree() -> None:
    assert metadata.version("bedside-edge-agent") == edge_agent.__version__
    assert f"\n## {edge_agent.__version__}" in (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
