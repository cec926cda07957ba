"""SpO2 below its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "spo2-low",
    "spo2",
    low=True,
    hazard="Hypoxaemia that nobody sees becomes organ damage within minutes.",
    source="ISO 80601-2-61 (limit not below 85 %, at least medium); 90 % with 15 s: Welch 2011, AAMI BI&T",
)
