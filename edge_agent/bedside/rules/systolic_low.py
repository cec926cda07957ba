"""Systolic below its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "systolic-low",
    "systolic",
    low=True,
    hazard="Shock: organs are no longer perfused.",
    source="NEWS2 (RCP 2017) scores 90 or less 3, 91 to 100 2",
)
