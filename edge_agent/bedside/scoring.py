"""The rule score of a bed from what is present there."""

from __future__ import annotations

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.scores import news2
from edge_agent.domain.scores import RuleScore


def rule_score(bed: BedUnit, context: Context) -> RuleScore | None:
    """Return NEWS2 of an adult, None where it does not apply."""
    patient = context.bed.patient
    if patient.pregnant or (patient.age_years is not None and patient.age_years < news2.MINIMUM_AGE):
        return None
    oxygen = bed.facts.get("supplemental_oxygen")
    level = bed.facts.get("consciousness")
    inputs = news2.Inputs(
        respiratory_rate=bed.value("respiratory_rate"),
        spo2=bed.value("spo2"),
        spo2_scale=bed.scale,
        supplemental_oxygen=None if oxygen is None else oxygen.value == "1",
        temperature=bed.value("temperature"),
        systolic=bed.value("systolic"),
        pulse=bed.value("pulse"),
        consciousness=None if level is None else level.value,
    )
    return news2.score(inputs)
