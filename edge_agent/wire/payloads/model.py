"""`model`: the risk model at work, every hour: answers counted, inputs against training, a model on trial. Retained."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.trial import Agreement, Drift, ModelDay
from edge_agent.wire.envelope import Body
from edge_agent.wire.parts import Item, number

PLACES = 4
"""Digits behind the point of shares and probabilities."""


class ModelState(Item, frozen=True, kw_only=True):
    """One bundle: running, or refused."""

    name: Annotated[str, Meta(description="the bundle's name, as configured")]
    sha256: Annotated[str | None, Meta(description="of the model file; left out where it was refused")] = None
    refused: Annotated[str | None, Meta(description="why it does not run, with the remedy")] = None
    answers: Annotated[dict[str, int], Meta(description="`scored`, and abstentions by cause")]


class InputDrift(Item, frozen=True, kw_only=True):
    """One input over the hours of all beds against the hours of training. No value of anybody is in it."""

    input: Annotated[str, Meta(description="a vital's quantity, age or sex")]
    hours: Annotated[int, Meta(description="whole hours of beds that were looked at")]
    missing: Annotated[Decimal | None, Meta(description="share of them without a value")]
    missing_in_training: Annotated[Decimal | None, Meta(description="the same share in training")]
    distance: Annotated[
        Decimal | None,
        Meta(description="share of hours that lie in another bin than in training, 0 to 1; null without a value"),
    ]


class ModelAgreement(Item, frozen=True, kw_only=True):
    """The model on trial against the one in use, over the windows that both were asked of."""

    both: Annotated[int, Meta(description="windows that both scored")]
    only_used: Annotated[int, Meta(description="that only the model in use scored")]
    only_shadow: Annotated[int, Meta(description="that only the one on trial scored")]
    neither: Annotated[int, Meta(description="that neither scored")]
    mean_difference: Annotated[Decimal | None, Meta(description="of the probabilities, trial minus use")]
    mean_distance: Annotated[Decimal | None, Meta(description="of the probabilities")]
    both_above: Annotated[int | None, Meta(description="both at the ward's alert probability; null: it has none")]
    only_used_above: Annotated[int | None, Meta(description="only the model in use")]
    only_shadow_above: Annotated[int | None, Meta(description="only the one on trial")]


class Model(Body, frozen=True, kw_only=True, tag="bedside/model/1"):
    """A day of the risk model, so far or whole. A day is 24 h of watching; another model begins a new one."""

    hours: Annotated[Decimal | None, Meta(description="watched since the day began")]
    whole: Annotated[bool, Meta(description="the day is over, and these are its figures")]
    used: Annotated[ModelState, Meta(description="the model whose scores count")]
    shadow: Annotated[ModelState | None, Meta(description="a model on trial, which never alerts")] = None
    drift: Annotated[tuple[InputDrift, ...], Meta(description="every input of the model in use")]
    agreement: Annotated[ModelAgreement | None, Meta(description="left out without a model on trial")] = None


def model(day: ModelDay, used: ModelState, shadow: ModelState | None) -> Model:
    """Return the payload of a day of `used`, and of `shadow` where there is one."""
    return Model(
        hours=number(day.hours, 1),
        whole=day.whole,
        used=used,
        shadow=shadow,
        drift=tuple(map(_drift, day.drift)),
        agreement=None if day.agreement is None else _agreement(day.agreement),
    )


def _drift(found: Drift) -> InputDrift:
    return InputDrift(
        input=found.name,
        hours=found.hours,
        missing=number(found.missing, PLACES),
        missing_in_training=number(found.missing_in_training, PLACES),
        distance=number(found.distance, PLACES),
    )


def _agreement(found: Agreement) -> ModelAgreement:
    return ModelAgreement(
        both=found.both,
        only_used=found.only_used,
        only_shadow=found.only_shadow,
        neither=found.neither,
        mean_difference=number(found.mean_difference, PLACES),
        mean_distance=number(found.mean_distance, PLACES),
        both_above=found.both_above,
        only_used_above=found.only_used_above,
        only_shadow_above=found.only_shadow_above,
    )


PAYLOAD = Model
