"""Conversations chosen by coverage, with atheris: one family in one process, because its engine ends the process.

python -m tests.fuzz.guided FAMILY RUNS SEED
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from random import Random

import atheris  # before what is to be instrumented

SEEDS = 100
"""Random conversations to begin with: from nothing, the engine would try empty ones for long."""

LONGEST = 160
"""Bytes of decisions."""

PATIENCE_S = 20
"""For one conversation."""


def main(name: str, runs: str, seed: str) -> None:
    """Fuzz; the engine prints its progress and exits with 0 only when no law was broken."""
    with atheris.instrument_imports(include=["firmware_bridges"]):
        oracle = import_module("tests.fuzz.oracle")
        targets = import_module("tests.fuzz.targets")
    driver = import_module("tests.fuzz.driver")
    target = targets.target(name)

    def one(data: bytes) -> None:
        try:
            oracle.execute(target, data)
        except BaseException:
            sys.stderr.write(f"to see it again: {driver.replaying(name, data)}\n")
            raise

    randomness = Random(f"{name} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(SEEDS):
            (Path(folder) / str(number)).write_bytes(randomness.randbytes(driver.SIZE))
        options = [f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={PATIENCE_S}", "-len_control=0"]
        quiet = ["-verbosity=1", "-print_final_stats=1", f"-artifact_prefix={folder}/"]
        atheris.Setup([sys.argv[0], f"-atheris_runs={runs}", *options, *quiet, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
