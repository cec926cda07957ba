"""`make mutate`: change the bridges or the bedside in small ways, one at a time, and see whether a test notices.

make mutate ARGS="firmware_bridges/framing.py edge_agent/bedside/machine.py --sample 40 --seed 1"

Works in a copy of the checkout, on a sample of the mutations that `mutations.py` knows, drawn by the seed. Which tests
judge a mutant is told by `mutants_of_bridges.py` and `mutants_of_bedside.py`; they must pass unchanged first.

Our own, because mutmut changes function bodies alone, while much of a family is tables, and cosmic-ray needs a package
that has no wheel, which our locks do not admit.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import tempfile
from difflib import unified_diff
from pathlib import Path
from random import Random
from typing import NamedTuple

from tools import mutants_of_bedside, mutants_of_bridges
from tools.alike import alike
from tools.mutants_of_bedside import BEDSIDE
from tools.mutants_of_bridges import BRIDGES
from tools.mutations import mutations

CHECKOUT = Path(__file__).resolve().parents[1]


class Tally(NamedTuple):
    """Of one file: mutations that are possible, mutants made, those no test noticed (as diffs)."""

    possible: int
    made: int
    survivors: list[str]


def main() -> None:
    """Mutate what is asked for and print the kill rate of each file, with the diffs of those that survived."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="all of bridges and bedside if none is named")
    parser.add_argument("--sample", type=int, default=20, help="mutants of each file (20)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(copied(Path(folder)))
        every = (path for folder in (BRIDGES, BEDSIDE) for path in folder.rglob("*.py") if path.name != "__init__.py")
        files = asked.files or sorted(every)
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
    survives = (mutants_of_bedside if path.is_relative_to(BEDSIDE) else mutants_of_bridges).judge(path)
    text = path.read_text(encoding="utf-8")
    lines, every = text.splitlines(), mutations(ast.parse(text))
    possible = [number for number, each in enumerate(every) if not alike(path, lines[each.line - 1])]
    drawn = Random(f"{path} {seed}").sample(possible, min(sample, len(possible)))  # noqa: S311 - a mutant comes back
    survivors = []
    for number in sorted(drawn):
        mutant = mutant_of(text, number)
        if survives(mutant, every[number].line):
            survivors.append(shown(path, text, mutant))
    return Tally(len(possible), len(drawn), survivors)


def mutant_of(text: str, number: int) -> str:
    """Return the program with one mutation, written anew."""
    tree = ast.parse(text)
    mutations(tree)[number].apply()
    return ast.unparse(ast.fix_missing_locations(tree))


def shown(path: Path, text: str, mutant: str) -> str:
    """Return what was changed as a diff of both programs, written anew."""
    lines = unified_diff(ast.unparse(ast.parse(text)).splitlines(), mutant.splitlines(), str(path), n=1, lineterm="")
    return "\n".join(list(lines)[2:])


if __name__ == "__main__":
    main()
