"""Pulse below its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "pulse-low",
    "pulse",
    low=True,
    hazard="Bradycardia and asystole: loss of circulation within seconds to minutes.",
    source="NEWS2 (RCP 2017) scores a pulse of 40 or less 3, 41 to 50 1",
)
