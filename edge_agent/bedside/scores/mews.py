"""MEWS (Subbe 2001), with the urine output that some hospitals add where somebody states it."""

from __future__ import annotations

from edge_agent.bedside.score_table import Laboratory, Measured, Row, ScoreTable, Span, Stated, Tier
from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import Band

_RESPONSE = "A doctor assesses promptly; consider a higher level of care."

SCORE = ScoreTable(
    name="mews",
    title="MEWS",
    version="2001",
    source="Subbe CP et al., Q J Med 2001;94:521-6; urine output: openEHR guideline MEWS.v1.2",
    ages=Span(16),
    in_pregnancy=False,
    parameters=(
        Measured(
            "respiratory_rate",
            "respiratory_rate",
            (Row((Band(8, 2), Band(14, 0), Band(20, 1), Band(29, 2), Band(None, 3))),),
        ),
        Measured(
            "pulse",
            "heart_rate",
            (Row((Band(40, 2), Band(50, 1), Band(100, 0), Band(110, 1), Band(129, 2), Band(None, 3))),),
        ),
        Measured("systolic", "systolic", (Row((Band(70, 3), Band(80, 2), Band(100, 1), Band(199, 0), Band(None, 2))),)),
        Measured("temperature", "temperature", (Row((Band(349, 2), Band(384, 0), Band(None, 2))),)),
        Stated("consciousness", {"A": 0, "C": 1, "V": 1, "P": 2, "U": 3}),
        Laboratory(
            "urine_ml_24h",
            "mL/24 h",
            0,
            20_000,
            (Band(249, 3), Band(750, 2), Band(1250, 1), Band(2500, 0), Band(None, 1)),
            optional=True,
        ),
    ),
    tiers=(
        Tier(0, "low", "Continue routine observations."),
        Tier(5, "high", _RESPONSE, Priority.MEDIUM),
    ),
    single=Tier(3, "high", _RESPONSE, Priority.MEDIUM),
    notes=(
        (
            "openEHR's guidelines contradict each other at 35.0 °C: v1.1 gives 2 points, v1.2 none. We follow v1.2, "
            "because its bands and Subbe's table say below 35."
        ),
        "Both take a missing input for 0 points; here it is missing.",
    ),
)
