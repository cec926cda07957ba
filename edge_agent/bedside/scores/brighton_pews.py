"""Brighton PEWS: five things a nurse judges. For `edge-agent score`; no device measures any of them."""

from __future__ import annotations

from edge_agent.bedside.score_table import ScoreTable, Span, Stated, Tier, Use
from edge_agent.domain.alerts import Priority

_JUDGED = {"0": 0, "1": 1, "2": 2, "3": 3}
_ADDED = {"no": 0, "yes": 2}

SCORE = ScoreTable(
    name="brighton_pews",
    title="Brighton PEWS",
    version="2005",
    source="Monaghan A, Paediatr Nurs 2005;17:32-5; openEHR guideline PEWS.v1",
    ages=Span(0, 17),
    in_pregnancy=False,
    parameters=(
        Stated("behaviour", _JUDGED),
        Stated("cardiovascular", _JUDGED),
        Stated("respiratory", _JUDGED),
        Stated("nebuliser_quarter_hourly", _ADDED),
        Stated("vomiting_after_surgery", _ADDED),
    ),
    tiers=(
        Tier(0, "low", "Continue routine observations."),
        Tier(3, "intermediate", "Tell the nurse in charge and the doctor on call.", Priority.MEDIUM),
        Tier(5, "high", "Call the rapid response team.", Priority.HIGH),
    ),
    use=Use.COMMAND,
    notes=(
        (
            "openEHR's text adds 2 points once for nebuliser or vomiting, its formula and cases add them for each; we "
            "follow the formula, whose greatest total of 13 is the published one."
        ),
    ),
)
