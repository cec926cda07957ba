"""docs/scores.md: every rule score with its bands, from the same data the bedside uses."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.score_table import Laboratory, Measured, ScoreTable, Stated, Tier, Use
from edge_agent.bedside.scores import DIGESTS, SCORES
from edge_agent.domain.bands import Band
from firmware_bridges.vitals import VITALS
from tools.markdown import page, table

PAGE = "scores.md"


def write() -> str:
    """Return the page."""
    return page(
        "Scores",
        "A bed has one score that alerts, NEWS2 unless its setting `score` says otherwise; `edge-agent score NAME` "
        "computes any. A value is rounded half up to the vital's resolution before it is banded. A missing input is "
        "missing, never 0: the total is then a lower bound. Priorities are ours.",
        "Fields are those of a line for the command, where `respiration_rate` is `respiratory_rate`, the letters of "
        "consciousness may be words (`alert`, `confusion`, `voice`, `pain`, `unresponsive`), and of two levels `false` "
        "is the first and `true` the second.",
        *(block for each in SCORES.values() for block in _score(each)),
    )


def _score(score: ScoreTable) -> Iterator[str]:
    yield f"## {score.title}"
    oldest = "" if score.ages.oldest is None else f" to {score.ages.oldest}"
    pregnancy = "" if score.in_pregnancy else ", not in pregnancy"
    use = "at a bed and by command" if score.use is Use.BEDSIDE else "by command alone"
    yield (
        f"`{score.name}`, edition {score.version}, {use}. Ages from {score.ages.youngest}{oldest} years{pregnancy}. "
        f"Spot inputs count for {score.max_age_min} min unless the ward says otherwise. Source: {score.source}. "
        f"SHA-256 of the data: `{DIGESTS[score.name]}`."
    )
    yield from (_chosen(name, values, score) for name, values in score.chosen.items())
    yield from score.notes
    yield table(("Field", "Where", "Points"), _rows(score))
    single = () if score.single is None else (("any single " + str(score.single.points), score.single),)
    reached = [*((str(tier.points), tier) for tier in score.tiers), *single]
    yield table(("From", "Risk", "Priority", "Response"), (_tier(*each) for each in reached))


def _chosen(name: str, values: tuple[str, ...], score: ScoreTable) -> str:
    assumed = f"; without it {score.assumed[name]}" if name in score.assumed else ""
    return f"A further field selects among the rows: `{name}`, {', '.join(values)}{assumed}."


def _rows(score: ScoreTable) -> Iterator[tuple[str, str, str]]:
    for parameter in score.parameters:
        name = f"`{parameter.name}`"
        if isinstance(parameter, Stated):
            yield name, "", ", ".join(f"{level}: {points}" for level, points in parameter.levels.items())
        elif isinstance(parameter, Laboratory):
            optional = "optional" if parameter.optional else ""
            yield name, optional, f"{_bands(parameter.bands, parameter.decimals)} ({parameter.unit})"
        else:
            yield from _measured(name, parameter)


def _measured(name: str, parameter: Measured) -> Iterator[tuple[str, str, str]]:
    for row in parameter.rows:
        where = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in row.where.items())
        vital = VITALS[parameter.vital]
        yield name, where, f"{_bands(row.bands, vital.decimals)} ({vital.ucum})"


def _bands(bands: tuple[Band, ...], decimals: int) -> str:
    edges = [None, *(band.up_to for band in bands)]
    return ", ".join(
        f"{_span(below, band.up_to, decimals)}: {band.points}" for below, band in zip(edges, bands, strict=False)
    )


def _span(above: int | None, up_to: int | None, decimals: int) -> str:
    lowest = "" if above is None else f"{(above + 1) / 10**decimals:.{decimals}f}"
    highest = "" if up_to is None else f"{up_to / 10**decimals:.{decimals}f}"
    if not lowest or not highest:
        return f"≤ {highest}" if highest else f"≥ {lowest}"
    return lowest if lowest == highest else f"{lowest} to {highest}"


def _tier(points: str, tier: Tier) -> tuple[str, str, str, str]:
    return points, tier.risk, "" if tier.priority is None else tier.priority.value, tier.response
