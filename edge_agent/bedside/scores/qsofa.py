"""qSOFA (Sepsis-3): three questions at the bedside."""

from __future__ import annotations

from edge_agent.bedside.score_table import Measured, Row, ScoreTable, Span, Stated, Tier
from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import Band

SCORE = ScoreTable(
    name="qsofa",
    title="qSOFA",
    version="2016",
    source="Singer M et al., Sepsis-3, JAMA 2016;315:801-10; openEHR guideline qSOFA.v1",
    ages=Span(18),
    in_pregnancy=False,
    parameters=(
        Measured("respiratory_rate", "respiratory_rate", (Row((Band(21, 0), Band(None, 1))),)),
        Measured("systolic", "systolic", (Row((Band(100, 1), Band(None, 0))),)),
        Stated("consciousness", {"A": 0, **dict.fromkeys("CVPU", 1)}),
    ),
    tiers=(
        Tier(0, "low", "Continue routine observations."),
        Tier(2, "high", "Look for infection and failing organs; a doctor assesses promptly.", Priority.MEDIUM),
    ),
)
