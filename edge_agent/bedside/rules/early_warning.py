"""The bed's rule score, NEWS2 for adults unless the ward chose another: from the tier at which its standard acts.

An incomplete score is a lower bound and may alert. The condition bears the score's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge_agent.bedside.score_table import Measured, ScoreTable
from edge_agent.bedside.scores import SCORES
from edge_agent.bedside.stream import overtaken
from edge_agent.bedside.verdict import BedView, Finding, Rule, Timing
from edge_agent.bedside.words import in_text
from edge_agent.domain.alerts import Evidence, Kind, Priority, Why
from edge_agent.domain.scores import Part, RuleScore
from edge_agent.domain.settings import SECOND, WardSettings
from firmware_bridges.vitals import VITALS

ID = "early-warning"


def _evaluate(view: BedView) -> Iterable[Finding]:
    score = view.score
    if score is None:
        return
    missing = frozenset(score.missing).union(_overtaken(view, score))
    if score.priority is None:
        why = Why(text=text(score), rule=ID, score=score.total)
        yield Finding(condition=score.score, present=False, why=why, missing=missing)
        return
    why = Why(
        text=text(score),
        rule=ID,
        evidence=tuple(_evidence(view, SCORES[score.score])),
        missing=score.missing,
        score=score.total,
        response=score.response,
    )
    yield Finding(
        condition=score.score,
        present=True,
        priority=score.priority,
        why=why,
        support=frozenset(part.name for part in score.parts if part.points),
        missing=missing,
        material=(str(score.total), *score.missing),
    )


def _overtaken(view: BedView, score: RuleScore) -> Iterator[str]:
    """Give the parts that count an old spot value although a newer one was lost: they may not lower the score."""
    for part in SCORES[score.score].parameters:
        if isinstance(part, Measured) and overtaken(view.streams.get(VITALS[part.vital].quantity, ())):
            yield part.name


def _evidence(view: BedView, table: ScoreTable) -> Iterator[Evidence]:
    """Give the present values that are inputs of the score."""
    for each in table.parameters:
        streams = view.streams.get(VITALS[each.vital].quantity, []) if isinstance(each, Measured) else []
        for stream in streams[:1]:
            if not stream.off and (evidence := stream.evidence()) is not None:
                yield evidence


def text(score: RuleScore) -> str:
    """Return such as 'NEWS2 ≥ 7 (temperature missing): 3 for respiration, 2 for SpO2, 2 for oxygen'."""
    points = ", ".join(f"{part.points} for {_part(part)}" for part in score.parts if part.points)
    bound = f"≥ {score.total} ({', '.join(map(in_text, score.missing))} missing)"
    total = str(score.total) if score.complete else bound
    return f"{SCORES[score.score].title} {total}{': ' if points else ''}{points}"


def _part(part: Part) -> str:
    """Return what is called, with the level that a person stated where it is a letter."""
    return f"{in_text(part.name)} {part.value}" if part.value in tuple("ACVPU") else in_text(part.name)


def _timing(settings: WardSettings) -> Timing:
    delay = settings.news2_delay_s * SECOND
    return Timing(
        delays={Priority.LOW: delay, Priority.MEDIUM: delay, Priority.HIGH: delay},
        clear_after=30 * SECOND,
    )


RULE = Rule(
    id=ID,
    title="Early warning score",
    kind=Kind.PHYSIOLOGICAL,
    priority=Priority.HIGH,
    hazard="Slow deterioration that no single limit shows.",
    source="The score's own standard, see scores.md",
    evaluate=_evaluate,
    timing=_timing,
)
