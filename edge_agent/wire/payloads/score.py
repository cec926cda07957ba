"""`bed/{bed}/score`: the rule score and the model's answer for one bed, side by side."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import ScoreReport
from edge_agent.domain.scores import RuleScore
from edge_agent.domain.windows import CAUSES, Abstention, Driver, RiskAnswer, RiskScore
from edge_agent.wire.envelope import Body, age_ms
from edge_agent.wire.parts import BedId, Encounter, Item, number
from firmware_bridges.vitals import VITALS, Vital

PLACES = 4
"""Digits behind the point of a probability and of a contribution; `logit_q` is what proves equality."""

_OF_QUANTITY: dict[str, Vital] = {vital.quantity: vital for vital in VITALS.values()}


class PartScore(Item, frozen=True):
    """One parameter's points."""

    name: Annotated[str, Meta(description="the parameter")]
    points: Annotated[int | None, Meta(description="null: its input is missing")]
    value: Annotated[str, Meta(description="what was scored, as a person reads it; empty where missing")]


class RuleResult(Item, frozen=True):
    """One evaluation of a published score. With anything missing, `total` is a lower bound and never an estimate."""

    name: Annotated[str, Meta(description="the score, such as news2")]
    version: Annotated[str, Meta(description="the edition it follows")]
    sha256: Annotated[str, Meta(description="of the score's data: bands, levels and tiers")]
    total: Annotated[int, Meta(description="the score; its lower bound unless `complete`")]
    complete: Annotated[bool, Meta(description="every input was there")]
    shown: Annotated[str, Meta(description="the total as to be shown: `7`, or `≥ 7` for a lower bound")]
    parts: Annotated[tuple[PartScore, ...], Meta(description="points per parameter")]
    missing: Annotated[tuple[str, ...], Meta(description="parameters without an input")]
    risk: Annotated[str, Meta(description="the score's own band; NEWS2: low, low-medium, medium, high")]
    response: Annotated[str, Meta(description="what the score's standard recommends")]
    spo2_scale: Annotated[int, Meta(description="NEWS2 SpO2 scale: 1, or 2 on a prescription")]


class RiskDriver(Item, frozen=True):
    """One quantity's part in a risk: how much the log-odds fall when the model cannot see it."""

    quantity: Annotated[str, Meta(description="what is measured, by whichever vital")]
    contribution: Annotated[Decimal | None, Meta(description="in log-odds; positive raises the risk")]
    value: Annotated[Decimal | None, Meta(description="last hourly median, in `unit`")]
    trend: Annotated[Decimal | None, Meta(description="its change over three hours, in `unit`")]
    unit: Annotated[str, Meta(description="UCUM unit of `value` and `trend`; empty for what is no vital")]


class Risk(Item, frozen=True):
    """The model's answer. Advisory: it never lowers, delays, ends or silences anything."""

    probability: Annotated[Decimal, Meta(description="calibrated, 0 to 1")]
    drivers: Annotated[tuple[RiskDriver, ...], Meta(description="what drives it, largest first")]
    logit_q: Annotated[int, Meta(description="the raw int8 output, so that a replay can prove equality")]
    model: Annotated[str, Meta(description="the bundle's name")]
    model_sha256: Annotated[str, Meta(description="of the model file")]
    runtime: Annotated[str, Meta(description="the TFLite runtime and its version")]


class NoRisk(Item, frozen=True):
    """Why the model says nothing."""

    cause: Annotated[str, Meta(description="coded", extra_json_schema={"enum": list(CAUSES)})]
    detail: Annotated[str, Meta(description="in words")]
    model: Annotated[str, Meta(description="the bundle's name; empty without one")]


class Score(Body, frozen=True, kw_only=True, tag="bedside/score/1"):
    """What the rules and the model say of one bed: `risk` or `abstention`, or neither before the first answer."""

    bed: BedId
    encounter: Encounter = None
    rule: Annotated[RuleResult | None, Meta(description="the rule score; left out where none applies")] = None
    risk: Annotated[Risk | None, Meta(description="the model's answer")] = None
    abstention: Annotated[NoRisk | None, Meta(description="why the model gives none")] = None
    risk_age_ms: Annotated[int | None, Meta(description="age of `risk` or `abstention`")] = None


def score(report: ScoreReport) -> Score:
    """Return the payload of a score report. What is no probability is an abstention: the model failed."""
    risk, abstention = (None, None) if report.risk is None else answered(report.risk)
    return Score(
        bed=report.bed,
        encounter=report.encounter or None,
        rule=None if report.rule is None else _rule(report.rule),
        risk=risk,
        abstention=abstention,
        risk_age_ms=None if report.risk_at is None else age_ms(report.risk_at, report.at),
    )


def answered(answer: RiskAnswer) -> tuple[Risk | None, NoRisk | None]:
    """Return a model's answer as a risk, or as an abstention."""
    said = _risk(answer) if isinstance(answer, RiskScore) else answer
    return (said, None) if isinstance(said, Risk) else (None, _abstention(said))


def _rule(rule: RuleScore) -> RuleResult:
    return RuleResult(
        name=rule.score,
        version=rule.version,
        sha256=rule.sha256,
        total=rule.total,
        complete=rule.complete,
        shown=str(rule.total) if rule.complete else f"≥ {rule.total}",
        parts=tuple(PartScore(name=part.name, points=part.points, value=part.value) for part in rule.parts),
        missing=rule.missing,
        risk=rule.risk,
        response=rule.response,
        spo2_scale=rule.spo2_scale,
    )


def _risk(risk: RiskScore) -> Risk | Abstention:
    probability = number(risk.probability, PLACES)
    if probability is None or not 0 <= probability <= 1:
        return Abstention("model-failed", "the model's answer is not a probability", risk.model)
    return Risk(
        probability=probability,
        drivers=tuple(map(driver, risk.drivers)),
        logit_q=risk.logit_q,
        model=risk.model,
        model_sha256=risk.model_sha256,
        runtime=risk.runtime,
    )


def driver(of: Driver) -> RiskDriver:
    """Return a driver of the model as the wire says it."""
    vital = _OF_QUANTITY.get(of.quantity)
    places = PLACES if vital is None else vital.decimals
    return RiskDriver(
        quantity=of.quantity,
        contribution=number(of.contribution, PLACES),
        value=number(of.value, places),
        trend=number(of.trend, places),
        unit="" if vital is None else vital.ucum,
    )


def _abstention(said: Abstention) -> NoRisk:
    return NoRisk(cause=said.cause, detail=said.detail, model=said.model)


PAYLOAD = Score
