"""The one evaluator of rule scores: a table and inputs make parts, a total and a tier."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from edge_agent.bedside.score_table import Laboratory, Measured, Parameter, Row, ScoreTable, Stated, Tier
from edge_agent.bedside.scores import DIGESTS
from edge_agent.bedside.words import value_text
from edge_agent.domain.bands import Band
from edge_agent.domain.scores import Part, RuleScore

Inputs = Mapping[str, int | str | None]
"""By name of parameter or choice: numbers in units of their resolution, levels as text; None or absent is missing."""


def evaluate(table: ScoreTable, known: Inputs) -> RuleScore:
    """Return parts, total and risk. With anything missing the total is a lower bound; KeyError for an unknown level."""
    inputs = {**table.assumed, **{name: value for name, value in known.items() if value is not None}}
    parts = tuple(_part(parameter, inputs) for parameter in table.parameters if _asked(parameter, inputs))
    total = sum(part.points or 0 for part in parts)
    reached = tier(table, total, max(part.points or 0 for part in parts))
    return RuleScore(
        score=table.name,
        version=table.version,
        sha256=DIGESTS[table.name],
        total=total,
        parts=parts,
        missing=tuple(part.name for part in parts if part.points is None),
        risk=reached.risk,
        response=reached.response,
        priority=reached.priority,
        spo2_scale=int(inputs.get("spo2_scale", 1)),
    )


def tier(table: ScoreTable, total: int, worst: int) -> Tier:
    """Return the tier of a total, or of the worst single parameter where that one is louder."""
    reached = next(each for each in reversed(table.tiers) if total >= each.points)
    single = table.single
    if single is not None and worst >= single.points and _loudness(single) > _loudness(reached):
        return single
    return reached


def points(bands: tuple[Band, ...], value: int) -> int:
    """Return the points of the first band that holds `value`."""
    return next(band.points for band in bands if band.up_to is None or value <= band.up_to)


def _loudness(reached: Tier) -> int:
    return -1 if reached.priority is None else reached.priority.rank


def _asked(parameter: Parameter, inputs: Inputs) -> bool:
    optional = isinstance(parameter, Laboratory) and parameter.optional
    return not optional or inputs.get(parameter.name) is not None


def _part(parameter: Parameter, inputs: Inputs) -> Part:
    value = inputs.get(parameter.name)
    if value is None:
        return Part(parameter.name, None)
    if isinstance(parameter, Stated):
        return Part(parameter.name, parameter.levels[str(value)], str(value))
    if isinstance(parameter, Laboratory):
        shown = f"{Decimal(value).scaleb(-parameter.decimals)} {parameter.unit}"
        return Part(parameter.name, points(parameter.bands, int(value)), shown)
    return Part(parameter.name, _measured(parameter, int(value), inputs), value_text(parameter.vital, int(value)))


def _measured(parameter: Measured, value: int, inputs: Inputs) -> int | None:
    """Return the points, None where what selects the row is not known and the possible rows disagree."""
    found = {points(row.bands, value) for row in parameter.rows if _possible(row, inputs)}
    return found.pop() if len(found) == 1 else None


def _possible(row: Row, inputs: Inputs) -> bool:
    return all(inputs.get(name) in (None, value) for name, value in row.where.items())
