"""The rule score of a bed: which one it has, from what is present there."""

from __future__ import annotations

from edge_agent.bedside.bed import BedUnit
from edge_agent.bedside.context import Context
from edge_agent.bedside.score_evaluator import Inputs, evaluate
from edge_agent.bedside.score_table import Measured, ScoreTable
from edge_agent.bedside.scores import SCORES
from edge_agent.domain.scores import RuleScore
from firmware_bridges.vitals import VITALS

OXYGEN = {"1": "oxygen", "0": "air"}
"""A stated fact about supplemental oxygen, in the words of the tables."""


def rule_score(bed: BedUnit, context: Context) -> RuleScore | None:
    """Return the bed's score, None where it is not for this patient."""
    table = SCORES[context.bed.score]
    return None if table.refuses(context.bed.patient) else evaluate(table, _inputs(table, bed, context))


def _inputs(table: ScoreTable, bed: BedUnit, context: Context) -> Inputs:
    facts = {name: fact.value for name, fact in bed.facts.items()}
    measured = [each for each in table.parameters if isinstance(each, Measured)]
    return {
        "consciousness": facts.get("consciousness"),
        "supplemental_oxygen": OXYGEN.get(facts.get("supplemental_oxygen", "")),
        "spo2_scale": facts.get("spo2_scale"),
        "age_band": context.bed.age_band or None,
        **{each.name: bed.value(VITALS[each.vital].quantity) for each in measured},
    }
