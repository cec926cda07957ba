"""What ships is whole: the wheel built from this checkout holds both packages and every model bundle, and imports."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import edge_agent
from tests.paths import CHECKOUT

SHIPPED = ("edge_agent", "firmware_bridges")
IMPORT_ALL = """
import sys
from importlib import import_module
from pkgutil import walk_packages

sys.path.insert(0, sys.argv[1])
for package in ("edge_agent", "firmware_bridges"):
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        found = import_module(module.name)
        assert found.__file__.startswith(sys.argv[1]), found.__file__
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that the checkout stays clean, and return the folder it was unpacked into."""
    source, built, unpacked = (tmp_path_factory.mktemp(name) for name in ("source", "built", "unpacked"))
    for name in SHIPPED:
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / name, source)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(built)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, stdin=subprocess.DEVNULL)
    (wheel,) = built.iterdir()
    assert wheel.name == f"bedside_edge_agent-{edge_agent.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    return unpacked


def test_every_file_of_both_packages_is_in_it(unpacked: Path) -> None:
    for package in SHIPPED:
        ours = {path.relative_to(CHECKOUT) for path in (CHECKOUT / package).rglob("*") if path.is_file()}
        expected = {path for path in ours if "__pycache__" not in path.parts}
        assert {path for path in expected if not (unpacked / path).is_file()} == set()


def test_nothing_else_is_in_it(unpacked: Path) -> None:
    assert {path.name.split("-")[0] for path in unpacked.iterdir()} == {*SHIPPED, "bedside_edge_agent"}


def test_all_of_it_imports(unpacked: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-I", "-c", IMPORT_ALL, str(unpacked)], cwd=tmp_path, check=True)
