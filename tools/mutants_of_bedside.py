"""Judge a mutant of the bedside in a fork of one warm process: a new interpreter for each would take most of the time.

Nothing is written: a fork imports the agent and the tests anew, the changed module from its text. It runs those tests
that reach the changed statement when nothing is changed (all, if it is not in a function), the quickest first, until
one fails. The examples of hypothesis are the same each time, and not shrunk.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

import pytest
from hypothesis import Phase, settings

BEDSIDE = Path("edge_agent/bedside")
TESTS = ("tests/bedside", "tests/conformance/test_scores.py")
OURS = {"edge_agent", "tests"}
"""Packages that every fork imports anew."""
HOUR_S = 3600
LEAST_S = 20
"""Seconds of the processor that any test, and the import of all, may take; a test may also take five times its own."""
FAILED = {1, 2, -signal.SIGXCPU}
"""How a fork ends when a test failed, when the tests could not be imported, and when one did not come to an end."""
IMPORTED_ALREADY = "ignore::pytest.PytestAssertRewriteWarning"
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-W", IMPORTED_ALREADY, "--hypothesis-profile", "mutants")


class Reached(NamedTuple):
    """Of each test: seconds it took, statements ("path:line") it reached. `imported`: those that run at import."""

    seconds: dict[str, float]
    statements: dict[str, set[str]]
    imported: set[str]

    def every(self) -> list[str]:
        """Return all tests, the quickest first."""
        return sorted(self.seconds, key=self.seconds.__getitem__)

    def by(self, statement: str) -> list[str]:
        """Return the tests that reach a statement, the quickest first."""
        always = statement in self.imported
        return [test for test in self.every() if always or statement in self.statements[test]]


def judge(path: Path) -> Callable[[str, int], bool]:
    """Return what tells whether a mutant of `path`, as a text, changed in a line, survives."""
    known = reached()
    lines = statements(ast.parse(path.read_text(encoding="utf-8")))

    def survives(mutant: str, line: int) -> bool:
        tests = known.by(f"{path}:{lines[line]}") if line in lines else known.every()
        if not tests:
            return True
        ended = forked(lambda: run(tests, {path: ast.parse(mutant)}, [Chosen(tests, known.seconds)]))
        if ended not in {0, *FAILED}:
            raise RuntimeError(f"{path}:{line}: a fork ended with {ended}")
        return ended == 0

    return survives


@cache
def reached() -> Reached:
    """Run all tests on marked modules, to learn which statements each reaches. SystemExit if one fails."""
    sys.path.insert(0, str(Path.cwd()))
    marked = {path: with_marks(path) for path in sorted(BEDSIDE.rglob("*.py"))}
    told = Path("reached.json")
    if forked(lambda: run(TESTS, marked, [Recording(told)])) != 0:
        sys.exit(f"{' '.join(TESTS)} fail unchanged")
    seconds, statements_of, imported = json.loads(told.read_text(encoding="utf-8"))
    return Reached(seconds, {test: set(lines) for test, lines in statements_of.items()}, set(imported))


def statements(tree: ast.Module) -> dict[int, int]:
    """Return, for each line inside a function, the first line of the statement it belongs to."""
    found: dict[int, int] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for body in blocks(function):
                for each in body:
                    found.update(dict.fromkeys(range(each.lineno, (each.end_lineno or each.lineno) + 1), each.lineno))
    return found


def blocks(function: ast.FunctionDef) -> list[list[ast.stmt]]:
    """Return the lists of statements of a function, the outer before the inner."""
    named = [getattr(node, name, None) for node in ast.walk(function) for name in ("body", "orelse", "finalbody")]
    return [block for block in named if isinstance(block, list)]


def with_marks(path: Path) -> ast.Module:
    """Return the module with a call before every statement in a function that says that it is reached."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        block for function in ast.walk(tree) if isinstance(function, ast.FunctionDef) for block in blocks(function)
    ]
    for block in {id(each): each for each in found}.values():
        marks = [ast.parse(f"__reached__('{path}:{each.lineno}')").body[0] for each in block]
        block[:] = [each for pair in zip(marks, block, strict=True) for each in pair]
    return tree


def forked(work: Callable[[], int]) -> int:
    """Do something in a silent fork of this process and return how that ended: its number, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os._exit(work())
        finally:
            os._exit(os.EX_SOFTWARE)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(tests: Sequence[str], changed: dict[Path, ast.Module], plugins: list[object]) -> int:
    """Run tests with some modules in a changed form; return pytest's exit code."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.meta_path.insert(0, Changed(changed))
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", deadline=None, derandomize=True, database=None, phases=phases)
    allow(LEAST_S)
    return int(pytest.main([*OPTIONS, *dict.fromkeys(test.partition("::")[0] for test in tests)], plugins))


def allow(seconds: float) -> None:
    """Let this process use the processor for so many seconds more, on pain of SIGXCPU."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, resource.RLIM_INFINITY))


class Changed(MetaPathFinder):
    """Finds modules that are imported from a tree."""

    def __init__(self, changed: dict[Path, ast.Module]) -> None:
        self._of = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in changed}
        self._changed = changed

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import a module, if it is one of ours."""
        if fullname not in self._of:
            return None
        file = self._of[fullname]
        return spec_from_file_location(fullname, file.resolve(), loader=FromTree(fullname, file, self._changed[file]))


class FromTree(SourceFileLoader):
    """Loads a module from a tree."""

    def __init__(self, fullname: str, path: Path, tree: ast.Module) -> None:
        super().__init__(fullname, str(path.resolve()))
        self._tree = tree

    def get_code(self, fullname: str) -> CodeType:
        """Return what is to be run."""
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class Chosen:
    """Lets pytest run some tests alone, in this order."""

    def __init__(self, tests: Sequence[str], seconds: dict[str, float]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}
        self._seconds = seconds

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Choose and sort."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
        )

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give each test its time."""
        allow(LEAST_S + 5 * self._seconds[item.nodeid])


class Recording:
    """Notes which statements every test reaches, and writes it down."""

    def __init__(self, told: Path) -> None:
        self._told, self._now = told.resolve(), set[str]()
        self._imported, self._statements, self._seconds = set[str](), dict[str, list[str]](), dict[str, float]()
        setattr(builtins, "__reached__", self._now.add)  # noqa: B010 - a name that no module has

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Note what one test reaches; what was reached before counts for all."""
        allow(HOUR_S)
        self._imported |= self._now
        self._now.clear()
        begun = time.process_time()
        ended = yield
        self._seconds[item.nodeid] = time.process_time() - begun
        self._statements[item.nodeid] = sorted(self._now)
        self._now.clear()
        return ended

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        told = [self._seconds, self._statements, sorted(self._imported)]
        self._told.write_text(json.dumps(told), encoding="utf-8")
