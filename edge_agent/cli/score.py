"""`edge-agent score news2`: observations as JSON lines in, scores as JSON lines out."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Annotated, Any, BinaryIO

import click
import msgspec
from msgspec import Meta

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.scores import news2
from edge_agent.domain.scores import RuleScore
from firmware_bridges.vitals import VITALS

VITAL = {
    "respiratory_rate": "respiratory_rate",
    "spo2": "spo2",
    "temperature": "temperature",
    "systolic": "systolic",
    "pulse": "heart_rate",
}
"""Which vital's resolution and possible range each field has."""

Scale = Annotated[int, Meta(ge=1, le=2)]
LEVELS = {"alert": "A", "confusion": "C", "voice": "V", "pain": "P", "unresponsive": "U"}
"""ACVPU by its words; the letters do as well."""


class Observed(msgspec.Struct, forbid_unknown_fields=True):
    """One line of input. Decimals in the vital's unit; null or left out is missing. Consciousness: A C V P U."""

    respiratory_rate: float | None = None
    spo2: float | None = None
    spo2_scale: Scale = 1
    supplemental_oxygen: bool | None = None
    temperature: float | None = None
    systolic: float | None = None
    pulse: float | None = None
    consciousness: str | None = None

    def inputs(self) -> news2.Inputs:
        """Return the quantised inputs; ValueError names the field whose value is impossible."""
        return news2.Inputs(
            respiratory_rate=_quantised("respiratory_rate", self.respiratory_rate),
            spo2=_quantised("spo2", self.spo2),
            spo2_scale=self.spo2_scale,
            supplemental_oxygen=self.supplemental_oxygen,
            temperature=_quantised("temperature", self.temperature),
            systolic=_quantised("systolic", self.systolic),
            pulse=_quantised("pulse", self.pulse),
            consciousness=_level(self.consciousness),
        )


def _quantised(field: str, number: float | None) -> int | None:
    if number is None:
        return None
    value = Decimal(repr(number))  # the shortest text that is this number: what the sender wrote
    vital = VITALS[VITAL[field]]
    lowest, highest = vital.decimal(PLAUSIBLE[vital.code].lowest), vital.decimal(PLAUSIBLE[vital.code].highest)
    if not (value.is_finite() and lowest <= value <= highest):
        raise ValueError(f"{field}: found {value}; allowed: {lowest} to {highest} {vital.ucum}, or null for missing")
    return vital.scaled(value)


def _level(said: str | None) -> str | None:
    if said is None:
        return None
    letter = LEVELS.get(said.lower(), said.upper())
    if letter not in LEVELS.values():
        raise ValueError(f"consciousness: found {said!r}; allowed: {', '.join(LEVELS.values())} or {', '.join(LEVELS)}")
    return letter


_DECODER = msgspec.json.Decoder(Observed)


def scored(line: bytes) -> dict[str, Any]:
    """Return total, parts, risk and missing of one line; ValueError in words when it cannot be scored."""
    result: RuleScore = news2.score(_DECODER.decode(line).inputs())
    return {
        "total": result.total,
        "parts": {part.name: part.points for part in result.parts},
        "risk": result.risk,
        "missing": list(result.missing),
    }


@click.command()
@click.argument("score", type=click.Choice([news2.NAME]))
@click.argument("file", type=click.File("rb"), default="-")
def command(score: str, file: BinaryIO) -> None:  # noqa: ARG001 - there is one score to choose yet
    """Score observations, one JSON object a line, with SCORE.

    Fields: respiratory_rate, spo2, spo2_scale, supplemental_oxygen, temperature, systolic, pulse, consciousness (A
    C V P U). What is null or left out is missing: the total is then a lower bound. A line that cannot be scored
    yields an error in its place, and exit status 1.
    """
    failed = False
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            answer = scored(line)
        except (ValueError, msgspec.MsgspecError) as error:
            answer = {"line": number, "error": str(error)}
            failed = True
        click.echo(msgspec.json.encode(answer))
    sys.exit(failed)
