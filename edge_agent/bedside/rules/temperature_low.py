"""Temperature below its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "temperature-low",
    "temperature",
    low=True,
    hazard="Hypothermia, a sign of sepsis in the old.",
    source="NEWS2 (RCP 2017) scores 35.0 Cel or less 3",
)
