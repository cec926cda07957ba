"""NEWS2, both SpO2 scales: the bands of `edge_agent.domain.bands`, which the risk model's features share."""

from __future__ import annotations

from edge_agent.bedside.score_table import Measured, Row, ScoreTable, Span, Stated, Tier
from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import NEWS2_BANDS, NEWS2_NOT_ALERT_POINTS, NEWS2_OXYGEN_POINTS, NEWS2_SPO2_SCALE_2


def _measured(name: str, vital: str) -> Measured:
    return Measured(name, vital, (Row(NEWS2_BANDS[name]),))


_SPO2 = Measured(
    "spo2",
    "spo2",
    (
        Row(NEWS2_BANDS["spo2"], {"spo2_scale": "1"}),
        Row(NEWS2_SPO2_SCALE_2["air"], {"spo2_scale": "2", "supplemental_oxygen": "air"}),
        Row(NEWS2_SPO2_SCALE_2["oxygen"], {"spo2_scale": "2", "supplemental_oxygen": "oxygen"}),
    ),
)

SCORE = ScoreTable(
    name="news2",
    title="NEWS2",
    version="2017",
    source="Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, charts 1, 2 and 4",
    ages=Span(16),
    in_pregnancy=False,
    parameters=(
        _measured("respiratory_rate", "respiratory_rate"),
        _SPO2,
        Stated("supplemental_oxygen", {"air": 0, "oxygen": NEWS2_OXYGEN_POINTS}),
        _measured("systolic", "systolic"),
        _measured("pulse", "heart_rate"),
        Stated("consciousness", {"A": 0, **dict.fromkeys("CVPU", NEWS2_NOT_ALERT_POINTS)}),
        _measured("temperature", "temperature"),
    ),
    chosen={"spo2_scale": ("1", "2")},
    assumed={"spo2_scale": "1"},
    tiers=(
        Tier(0, "low", "Continue routine observations, at least every 12 hours."),
        Tier(1, "low", "A registered nurse assesses; observe at least every 4 to 6 hours."),
        Tier(
            5,
            "medium",
            "Urgent review by a clinician able to assess acute illness; observe at least every hour.",
            Priority.MEDIUM,
        ),
        Tier(7, "high", "Emergency assessment by a critical care team; monitor continuously.", Priority.HIGH),
    ),
    single=Tier(3, "low-medium", "Urgent review by a ward doctor; observe at least every hour.", Priority.LOW),
    notes=("SpO2 is on scale 1 unless scale 2 is prescribed; it is never inferred.",),
)
