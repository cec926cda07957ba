"""Bedside PEWS: three vitals by age band; the four items that a nurse judges, as she reads them off the chart."""

from __future__ import annotations

from edge_agent.bedside.score_table import Measured, Row, ScoreTable, Span, Stated, Tier
from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import Band

AGE_BANDS = {"0-3m": (0, 3), "3-12m": (3, 12), "1-4y": (12, 48), "4-12y": (48, 144), ">12y": (144, 216)}
"""Months of each band: from, and up to but not including."""

_JUDGED = {"0": 0, "1": 1, "2": 2, "4": 4}


def _row(age_band: str, lows: tuple[int, int, int], highs: tuple[int, int, int]) -> Row:
    """Return one printed row: `lows` are the highest values of 4, 2 and 1 points, `highs` the lowest of 1, 2 and 4."""
    worst, worse, bad = lows
    below = (Band(worst, 4), Band(worse, 2), Band(bad, 1))
    above = (Band(highs[0] - 1, 0), Band(highs[1] - 1, 1), Band(highs[2] - 1, 2), Band(None, 4))
    return Row(below + above, {"age_band": age_band})


_PULSE = (
    _row("0-3m", (80, 90, 110), (150, 180, 190)),
    _row("3-12m", (70, 80, 100), (150, 170, 180)),
    _row("1-4y", (60, 70, 90), (120, 150, 170)),
    _row("4-12y", (50, 60, 70), (110, 130, 151)),
    _row(">12y", (40, 49, 60), (100, 120, 140)),
)
_SYSTOLIC = (
    _row("0-3m", (45, 50, 60), (80, 100, 130)),
    _row("3-12m", (60, 70, 80), (100, 120, 150)),
    _row("1-4y", (65, 75, 90), (110, 125, 160)),
    _row("4-12y", (70, 80, 90), (120, 140, 170)),
    _row(">12y", (75, 85, 100), (130, 150, 190)),
)
_RESPIRATION = (
    _row("0-3m", (15, 19, 29), (61, 81, 91)),
    _row("3-12m", (15, 19, 24), (51, 71, 81)),
    _row("1-4y", (12, 15, 19), (41, 61, 71)),
    _row("4-12y", (10, 14, 19), (31, 41, 51)),
    _row(">12y", (9, 10, 11), (17, 23, 30)),
)

SCORE = ScoreTable(
    name="bedside_pews",
    title="Bedside PEWS",
    version="2009",
    source="Parshuram CS et al., Crit Care 2009;13:R135, table 1",
    ages=Span(0, 17),
    in_pregnancy=False,
    parameters=(
        Measured("pulse", "heart_rate", _PULSE),
        Measured("systolic", "systolic", _SYSTOLIC),
        Measured("respiratory_rate", "respiratory_rate", _RESPIRATION),
        Stated("capillary_refill", _JUDGED),
        Stated("respiratory_effort", _JUDGED),
        Stated("spo2_points", _JUDGED),
        Stated("oxygen_therapy", _JUDGED),
    ),
    chosen={"age_band": tuple(AGE_BANDS)},
    tiers=(
        Tier(0, "low", "Continue routine observations."),
        Tier(8, "high", "Urgent review by a paediatric critical care team.", Priority.HIGH),
    ),
    notes=(
        (
            "Two oddities are kept as printed: a pulse of 150 has 2 points from 4 to 12 years (the table says above "
            "150), one of 50 has 1 point above 12 years (it says below 50)."
        ),
        (
            "Capillary refill, effort, SpO2 and oxygen therapy are given as the item's points, 0, 1, 2 or 4, as the "
            "nurse reads them off the chart; at a bed they are missing, so the total is a lower bound. The tier of 8 "
            "is the threshold the paper evaluates."
        ),
    ),
)
