"""Judge a mutant of the bridges by a command of its own, which reads it from the file.

Killed by the first that notices of: the tests that import the file, fuzzing, conformance, the laws of some families
that rest on it.
"""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

BRIDGES = Path("firmware_bridges")
TESTS = Path("tests/firmware_bridges")
TIMEOUT_S = 900
FUZZ_RUNS = 300
MOST_FAMILIES = 4
"""Of those that rest on a shared module: the laws of all would take minutes for each mutant."""


def judge(path: Path) -> Callable[[str, int], bool]:
    """Return what tells whether a mutant of `path`, as a text, survives. SystemExit if the tests fail without any."""
    command = tests_of(path)
    if not passes(command):
        sys.exit(f"{path}: its tests fail unchanged: {command}")
    unchanged = path.read_text(encoding="utf-8")

    def survives(mutant: str, _line: int) -> bool:
        path.write_text(mutant, encoding="utf-8")
        survived = passes(command)
        path.write_text(unchanged, encoding="utf-8")
        return survived

    return survives


def passes(command: str) -> bool:
    """Tell whether the tests pass; one that goes on for too long does not."""
    silent = subprocess.DEVNULL
    shell = ["/bin/sh", "-c", command]
    done = subprocess.Popen(shell, stdout=silent, stderr=silent, start_new_session=True)  # noqa: S603 - our own tests
    try:
        return done.wait(TIMEOUT_S) == 0
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)
        done.wait()
        return False


def tests_of(path: Path) -> str:
    """Return the command that tests what rests on `path`: first what is most likely to notice, and quickly."""
    resting = sorted(each.stem for each in dependents(path) if each.parent.name == "families")
    few = resting[:: -(-len(resting) // MOST_FAMILIES) or 1]
    families, chosen = " ".join(few), " or ".join(few)
    own = [str(test) for test in sorted(TESTS.glob("test_*.py")) if test.stem != "test_laws" and uses(test, {path})]
    pytest = f"{sys.executable} -m pytest -x -q -p no:cacheprovider"
    stages = [f"{pytest} {' '.join(own)}"] if own else []
    if families:
        stages += [
            f"{sys.executable} -m tests.fuzz --plain --runs {FUZZ_RUNS} {families}",
            f'{{ {pytest} tests/conformance -k "{chosen}" || [ $? = 5 ]; }}',
            f'{pytest} {TESTS}/test_laws.py -k "{chosen}"',
        ]
    return " && ".join(stages) or "true"


def dependents(path: Path) -> set[Path]:
    """Return `path` and all modules of the bridges that import it, directly or not."""
    found = {path}
    while True:
        more = {each for each in BRIDGES.rglob("*.py") if each.name != "__init__.py" and uses(each, found)}
        if more <= found:
            return found
        found |= more


def uses(path: Path, modules: Iterable[Path]) -> bool:
    """Tell whether a file imports one of `modules`."""
    names = {".".join(each.with_suffix("").parts) for each in modules}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            if names & {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}:
                return True
        elif isinstance(node, ast.Import) and names & {alias.name for alias in node.names}:
            return True
    return False
