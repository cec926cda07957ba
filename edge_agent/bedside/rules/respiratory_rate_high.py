"""Respiratory rate above its limit."""

from __future__ import annotations

from edge_agent.bedside.limits import limit_rule

RULE = limit_rule(
    "respiratory-rate-high",
    "respiratory_rate",
    low=False,
    hazard="Tachypnoea is the earliest sign of most deterioration.",
    source="NEWS2 (RCP 2017) scores 25 or more 3",
)
