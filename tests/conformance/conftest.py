"""`--captures DIR` names the folder of cases; each case, raw recording and folder becomes a test of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conformance.adverts import FILE, FORMATS, WITHOUT_LIBRARIES, load_adverts
from tests.conformance.cases import load
from tests.conformance.checks import CHECKS
from tests.paths import CAPTURES

SCORES = "news2"
"""The folder of score cases and delay examples: files of several shapes, told apart by what stands in them."""

ABSENT = pytest.param(
    None,
    marks=pytest.mark.skip(reason="no captures beside this checkout: name a folder with --captures"),
    id="absent",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--captures", metavar="DIR", type=Path, help="cases to check (default: ../shared/captures)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    root = _root(metafunc.config)
    names = {"folder", "case", "device_case", "recording", "score_file", "advert_case"}
    for name in names.intersection(metafunc.fixturenames):
        metafunc.parametrize(name, list(_found(name, root)) if root.is_dir() else [ABSENT])


def _root(config: pytest.Config) -> Path:
    named: Path | None = config.getoption("--captures", default=None)
    if named is not None and not named.is_dir():
        raise pytest.UsageError(f"--captures {named}: no such folder")
    return named or CAPTURES


def _found(name: str, root: Path) -> Iterable[object]:
    """Yield what the tests want by the name of a fixture."""
    if name == "advert_case":
        yield from _adverts(root)
        return
    if name == "score_file":
        yield from (pytest.param(path, id=path.name) for path in sorted((root / SCORES).glob("*.json")))
        return
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if name == "folder":
            yield pytest.param(folder, id=folder.name)
        elif folder.name not in CHECKS:
            continue
        elif name == "recording":
            files = (path for path in sorted(folder.iterdir()) if path.suffix in {".bin", ".hex", ".txt"})
            yield from (pytest.param(path, id=f"{folder.name}/{path.name}") for path in files)
        elif name == "case" or CHECKS[folder.name].family:
            yield from (pytest.param(case, id=f"{folder.name}/{case.id}") for case in load(folder))


def _adverts(root: Path) -> Iterable[object]:
    marks = pytest.mark.skipif(bool(WITHOUT_LIBRARIES), reason=WITHOUT_LIBRARIES)
    for folder in (root / name for name in sorted(FORMATS)):
        if (folder / FILE).is_file():
            yield from (pytest.param(case, id=f"{folder.name}/{case.id}", marks=marks) for case in load_adverts(folder))
