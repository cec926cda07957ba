"""NEWS2 (Royal College of Physicians 2017), both SpO2 scales. For adults; not in pregnancy.

The band table is `edge_agent.domain.bands`. Response texts are ours, after the RCP's chart 4 (clinical response to
triggers).
"""

from __future__ import annotations

import msgspec

from edge_agent.bedside.words import value_text
from edge_agent.domain.bands import (
    NEWS2_BANDS,
    NEWS2_NOT_ALERT_POINTS,
    NEWS2_OXYGEN_POINTS,
    NEWS2_SPO2_SCALE_2,
    Band,
)
from edge_agent.domain.scores import Part, RuleScore

NAME = "news2"
VERSION = "2017"
MINIMUM_AGE = 16
"""Years (RCP 2017)."""

RED, URGENT, EMERGENCY = 3, 5, 7
"""A single parameter of 3, and the aggregate scores at which the response changes (RCP 2017, chart 2)."""

RESPONSES = {
    "low": "Continue routine observations, at least every 12 hours; every 4 to 6 hours from a score of 1.",
    "low-medium": "Urgent review by a ward doctor; observe at least every hour.",
    "medium": "Urgent review by a clinician able to assess acute illness; observe at least every hour.",
    "high": "Emergency assessment by a critical care team; monitor continuously.",
}
"""Recommended response per risk band, in our words."""


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What NEWS2 looks at, in units of each vital's resolution (temperature in tenths of Cel); None is missing.

    `consciousness`: A alert, C new confusion, V voice, P pain, U unresponsive. Scale 2 only on a prescription.
    """

    respiratory_rate: int | None = None
    spo2: int | None = None
    spo2_scale: int = 1
    supplemental_oxygen: bool | None = None
    temperature: int | None = None
    systolic: int | None = None
    pulse: int | None = None
    consciousness: str | None = None


def score(inputs: Inputs) -> RuleScore:
    """Return parts, total and risk. With anything missing the total is a lower bound."""
    parts = (
        _banded("respiratory_rate", "respiratory_rate", inputs.respiratory_rate),
        _spo2(inputs),
        _oxygen(inputs.supplemental_oxygen),
        _banded("systolic", "systolic", inputs.systolic),
        _banded("pulse", "pulse_rate", inputs.pulse),
        _consciousness(inputs.consciousness),
        _banded("temperature", "temperature", inputs.temperature),
    )
    total = sum(part.points or 0 for part in parts)
    risk = risk_band(total, single_three=any(part.points == RED for part in parts))
    return RuleScore(
        score=NAME,
        version=VERSION,
        total=total,
        parts=parts,
        missing=tuple(part.name for part in parts if part.points is None),
        risk=risk,
        response=RESPONSES[risk],
        spo2_scale=inputs.spo2_scale,
    )


def risk_band(total: int, *, single_three: bool) -> str:
    """Return the aggregate risk: low, low-medium (a single 3), medium (5 to 6) or high (7 or more)."""
    if total >= EMERGENCY:
        return "high"
    if total >= URGENT:
        return "medium"
    return "low-medium" if single_three else "low"


def points(bands: tuple[Band, ...], value: int) -> int:
    """Return the points of the first band that holds `value`."""
    return next(band.points for band in bands if band.up_to is None or value <= band.up_to)


def _banded(name: str, vital: str, value: int | None) -> Part:
    if value is None:
        return Part(name, None)
    return Part(name, points(NEWS2_BANDS[name], value), value_text(vital, value))


def _spo2(inputs: Inputs) -> Part:
    if inputs.spo2 is None:
        return Part("spo2", None)
    text = value_text("spo2", inputs.spo2)
    if inputs.spo2_scale == 1:
        return Part("spo2", points(NEWS2_BANDS["spo2"], inputs.spo2), text)
    gases = (
        ("air", "oxygen") if inputs.supplemental_oxygen is None else (("air", "oxygen")[inputs.supplemental_oxygen],)
    )
    found = {points(NEWS2_SPO2_SCALE_2[gas], inputs.spo2) for gas in gases}
    gases = ("air", "oxygen") if inputs.supplemental_oxygen is None else (_gas(inputs.supplemental_oxygen),)
    return Part("spo2", found.pop() if len(found) == 1 else None, text)


def _gas(supplemental: bool) -> str:  # noqa: FBT001 - the fact itself, not a switch
    return "oxygen" if supplemental else "air"


def _oxygen(supplemental: bool | None) -> Part:  # noqa: FBT001 - unknown, air, oxygen
    if supplemental is None:
        return Part("supplemental_oxygen", None)
    return Part("supplemental_oxygen", NEWS2_OXYGEN_POINTS * supplemental, _gas(supplemental))


def _consciousness(level: str | None) -> Part:
    if level is None:
        return Part("consciousness", None)
    return Part("consciousness", 0 if level == "A" else NEWS2_NOT_ALERT_POINTS, level)
