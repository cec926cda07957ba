"""`make mutate`: change the bridges in small ways, one at a time, and see whether a test notices.

make mutate ARGS="firmware_bridges/framing.py firmware_bridges/families/nonin_df2.py --sample 40 --seed 1"

Works in a copy of the checkout, on a sample of the mutations that `mutations.py` knows, drawn by the seed. A mutant is
killed by the first that notices of: the tests that import the file, fuzzing, conformance, the laws of some families
that rest on it. Each file's tests must pass unchanged first.

Our own, because mutmut changes function bodies alone, while much of a family is tables, and cosmic-ray needs a package
that has no wheel, which our locks do not admit.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from random import Random
from typing import NamedTuple

from tools.mutations import mutations

CHECKOUT = Path(__file__).resolve().parents[1]
BRIDGES = Path("firmware_bridges")
TESTS = Path("tests/firmware_bridges")
TIMEOUT_S = 900
FUZZ_RUNS = 300
MOST_FAMILIES = 4
"""Of those that rest on a shared module: the laws of all would take minutes for each mutant."""


class Tally(NamedTuple):
    """Of one file: mutations that are possible, mutants made, those no test noticed (as diffs)."""

    possible: int
    made: int
    survivors: list[str]


def main() -> None:
    """Mutate what is asked for and print the kill rate of each file, with the diffs of those that survived."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="all of firmware_bridges if none is named")
    parser.add_argument("--sample", type=int, default=20, help="mutants of each file (20)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(copied(Path(folder)))
        files = asked.files or sorted(path for path in BRIDGES.rglob("*.py") if path.name != "__init__.py")
        made = survived = 0
        for path in files:
            tally = mutated(path, asked.sample, asked.seed)
            made, survived = made + tally.made, survived + len(tally.survivors)
            print(f"{path}: {rate(tally.made, len(tally.survivors))}, of {tally.possible} possible", flush=True)
            print("\n".join(tally.survivors), flush=True)
    print(f"all: {rate(made, survived)}; seed {asked.seed}, at most {asked.sample} a file")


def rate(made: int, survived: int) -> str:
    """Return the kill rate in words."""
    return f"{made - survived} of {made} killed ({1 - survived / made:.0%})" if made else "nothing to mutate"


def copied(folder: Path) -> Path:
    """Copy what git knows of the checkout, and link the shared data beside it; return where it is now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)  # noqa: S607 - the person's own git
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, target)
    (folder / "shared").symlink_to(CHECKOUT.parent / "shared")
    os.environ.update(PYTHONPATH=str(folder / "checkout"), PYTHONDONTWRITEBYTECODE="1", CI="true")
    return folder / "checkout"


def mutated(path: Path, sample: int, seed: int) -> Tally:
    """Make a sample of the mutants of `path` and test each. SystemExit if the tests fail without any."""
    command = tests_of(path)
    text = path.read_text(encoding="utf-8")
    if not passes(command):
        sys.exit(f"{path}: its tests fail unchanged: {command}")
    possible = len(mutations(ast.parse(text)))
    drawn = Random(f"{path} {seed}").sample(range(possible), min(sample, possible))  # noqa: S311 - a mutant comes back
    survivors = []
    for number in sorted(drawn):
        mutant = mutant_of(text, number)
        path.write_text(mutant, encoding="utf-8")
        if passes(command):
            survivors.append(shown(path, text, mutant))
    path.write_text(text, encoding="utf-8")
    return Tally(possible, len(drawn), survivors)


def mutant_of(text: str, number: int) -> str:
    """Return the program with one mutation, written anew."""
    tree = ast.parse(text)
    mutations(tree)[number].apply()
    return ast.unparse(ast.fix_missing_locations(tree))


def shown(path: Path, text: str, mutant: str) -> str:
    """Return what was changed as a diff of both programs, written anew."""
    lines = unified_diff(ast.unparse(ast.parse(text)).splitlines(), mutant.splitlines(), str(path), n=1, lineterm="")
    return "\n".join(list(lines)[2:])


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


if __name__ == "__main__":
    main()
