"""Many random conversations in a row, without any tool: quick, and the same ones on every machine."""

from __future__ import annotations

from random import Random

from tests.fuzz.oracle import execute
from tests.fuzz.targets import Target

SIZE = 80
"""Bytes of decisions in one conversation: enough for about a dozen frames and what befalls them."""


class LawBrokenError(AssertionError):
    """A conversation after which a law did not hold, and how to see it again."""


def replaying(name: str, data: bytes) -> str:
    """Return the command that runs one conversation again."""
    return f"python -m tests.fuzz {name} --replay {data.hex()}"


def drive(target: Target, runs: int, seed: int) -> int:
    """Run `runs` conversations and return how many events they gave; LawBrokenError at the first broken law."""
    randomness = Random(f"{target.family.name} {seed}")
    events = 0
    for run in range(runs):
        data = randomness.randbytes(SIZE)
        try:
            events += execute(target, data)
        except Exception as error:
            again = replaying(target.family.name, data)
            raise LawBrokenError(f"seed {seed}, run {run}, {error!r}: {again}") from error
    return events
