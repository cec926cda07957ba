"""Respiratory rate below its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "respiratory-rate-low",
    "respiratory_rate",
    low=True,
    hazard="Respiratory depression, such as after opioids, ends in respiratory arrest.",
    source="NEWS2 (RCP 2017) scores 8 or less 3",
)
