"""Systolic above its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "systolic-high",
    "systolic",
    low=False,
    hazard="Hypertensive emergency: stroke, heart failure.",
    source="NEWS2 (RCP 2017) scores 220 or more 3",
)
