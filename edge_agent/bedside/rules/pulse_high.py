"""Pulse above its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "pulse-high",
    "pulse",
    low=False,
    hazard="Tachycardia: failing circulation, arrhythmia, bleeding, sepsis.",
    source="NEWS2 (RCP 2017) scores a pulse of 131 or more 3",
)
