"""One file is one score and exports `SCORE`: versioned data, no code; `SCORES` finds them all.

What reads the data is `edge_agent.bedside.scoring`. No score knows a bed, a stream or a time.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from edge_agent.bedside.score_table import ScoreTable

SCORES: dict[str, ScoreTable] = {
    table.name: table
    for table in (import_module(f"{__name__}.{module.name}").SCORE for module in iter_modules(__path__))
}
"""Every score by its name."""

DIGESTS = {name: table.digest() for name, table in SCORES.items()}
"""The SHA-256 of each score's data."""
