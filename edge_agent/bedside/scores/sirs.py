"""SIRS: its three vital criteria, and the white cells where a laboratory has counted them."""

from __future__ import annotations

from edge_agent.bedside.score_table import Laboratory, Measured, Row, ScoreTable, Span, Tier
from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import Band

SCORE = ScoreTable(
    name="sirs",
    title="SIRS",
    version="1992",
    source="Bone RC et al., ACCP/SCCM consensus, Chest 1992;101:1644-55; openEHR guideline SIRS.v1",
    ages=Span(18),
    in_pregnancy=False,
    parameters=(
        Measured("temperature", "temperature", (Row((Band(359, 1), Band(380, 0), Band(None, 1))),)),
        Measured("pulse", "heart_rate", (Row((Band(90, 0), Band(None, 1))),)),
        Measured("respiratory_rate", "respiratory_rate", (Row((Band(20, 0), Band(None, 1))),)),
        Laboratory("white_cells", "10*9/L", 1, 5000, (Band(39, 1), Band(120, 0), Band(None, 1))),
    ),
    tiers=(
        Tier(0, "not met", "Continue routine observations."),
        Tier(2, "met", "Look for a source of infection.", Priority.LOW),
    ),
    notes=("At a bed the white cells are missing, so the total is a lower bound. PaCO2 and bands are not looked at.",),
)
