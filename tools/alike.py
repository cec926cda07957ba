"""Lines whose mutants no test can tell from the program, or none should: `tools.mutate` leaves them out."""

from __future__ import annotations

from pathlib import Path

_ALIKE: tuple[tuple[str, str, str], ...] = (
    ("edge_agent/bedside/quality.py", "Plausible(", "bounds of our own choosing: one unit further out is as good"),
    ("edge_agent/bedside/delay.py", " at: int = 0", "is multiplied by a depth of 0 until it is set"),
    ("edge_agent/bedside/bed.py", "risk_asked: int = 0", "is read after the first question alone, which sets it"),
    ("edge_agent/bedside/bed.py", "score_due: int = 0", "long past, whichever moment after the boot it is"),
    ("edge_agent/bedside/gateway.py", "self.dirty = False", "the rules would be asked more often, and say the same"),
    (
        "edge_agent/bedside/hours.py",
        " hour: int = 0",
        "an hour before the first has no samples, and counts for nothing",
    ),
    ("edge_agent/bedside/loss.py", ".at or 0", "what is kept there has a time; the 0 is for the type checker"),
    ("edge_agent/bedside/machine.py", "self.ordinal += 1", "names an event: any number that is not in use will do"),
    ("edge_agent/bedside/machine.py", "raise AssertionError", "is never reached; it is for the type checker"),
    ("edge_agent/bedside/moving.py", "ordinal = 0 if", "names an event: any number that is not in use will do"),
    ("edge_agent/bedside/context.py", "default=0", "where nothing is required, nothing is waited for"),
)
"""(file, part of the line, why)."""


def alike(path: Path, line: str) -> bool:
    """Tell whether the mutants of a line of a file are left out."""
    return any(path == Path(file) and part in line for file, part, _ in _ALIKE)
