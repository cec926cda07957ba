"""Temperature above its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "temperature-high",
    "temperature",
    low=False,
    hazard="Fever: infection, sepsis, drug reaction.",
    source="NEWS2 (RCP 2017) scores 38.1 to 39.0 Cel 1, 39.1 or more 2",
)
