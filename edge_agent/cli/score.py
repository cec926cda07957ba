"""`edge-agent score NAME`: observations as JSON lines in, scores as JSON lines out."""

from __future__ import annotations

import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, BinaryIO

import click
import msgspec

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.score_evaluator import evaluate
from edge_agent.bedside.score_table import Laboratory, Parameter, ScoreTable, Stated
from edge_agent.bedside.scores import SCORES
from firmware_bridges.vitals import VITALS

ALIASES = {"respiration_rate": "respiratory_rate"}
"""Other names that fields may have; a part of the score is then called as its field was."""

LEVELS = {"alert": "A", "confusion": "C", "voice": "V", "pain": "P", "unresponsive": "U"}
"""ACVPU by its words; the letters do as well."""

_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TRUTH = msgspec.json.Decoder(bool)
_TEXT = msgspec.json.Decoder(int | str)
_NUMBER = msgspec.json.Decoder(Decimal)


def scored(table: ScoreTable, line: bytes) -> dict[str, Any]:
    """Return total, parts, risk and missing of one line; ValueError in words when it cannot be scored."""
    names: dict[str, str] = {}
    given: dict[str, int | str | None] = {}
    parameters = {each.name: each for each in table.parameters}
    for said, raw in _DECODER.decode(line).items():
        name = ALIASES.get(said, said)
        if name in names:
            raise ValueError(f"{said}: the same as {names[name]}")
        if name not in {*parameters, *table.chosen}:
            raise ValueError(f"{said}: no field of {table.title}; known: {', '.join([*parameters, *table.chosen])}")
        names[name] = said
        given[name] = _read(said, raw, parameters.get(name), table.chosen.get(name, ()))
    result = evaluate(table, given)
    return {
        "score": table.name,
        "total": result.total,
        "parts": {names.get(part.name, part.name): part.points for part in result.parts},
        "risk": result.risk,
        "response": result.response,
        "missing": [names.get(name, name) for name in result.missing],
        "sha256": result.sha256,
    }


def _read(said: str, raw: msgspec.Raw, parameter: Parameter | None, choices: tuple[str, ...]) -> int | str | None:
    """Return what one field says; None for null."""
    if bytes(raw) == b"null":
        return None
    try:
        if parameter is None:
            return _choice(said, str(_TEXT.decode(raw)), choices)
        return _level(said, raw, parameter) if isinstance(parameter, Stated) else _number(said, raw, parameter)
    except msgspec.DecodeError as error:
        raise ValueError(f"{said}: {error}") from error


def _choice(said: str, found: str, choices: tuple[str, ...]) -> str:
    if found not in choices:
        raise ValueError(f"{said}: found {found}; allowed: {', '.join(choices)}, or null for missing")
    return found


def _level(said: str, raw: msgspec.Raw, parameter: Stated) -> str:
    """Return a level by its name; of two levels, false and true are the first and the second."""
    names = tuple(parameter.levels)
    if bytes(raw) in (b"true", b"false") and len(names) == len((False, True)):
        return names[_TRUTH.decode(raw)]
    found = str(_TEXT.decode(raw))
    return _choice(said, LEVELS.get(found.lower(), found.upper()) if "A" in names else found, names)


def _number(said: str, raw: msgspec.Raw, parameter: Parameter) -> int:
    """Return a number in units of its resolution, rounded half up from the digits as they were sent."""
    value = _NUMBER.decode(raw)
    decimals, lowest, highest, unit = _range(parameter)
    if bytes(raw)[:1] == b'"' or not (value.is_finite() and lowest <= value <= highest):
        found = bytes(raw).decode()
        raise ValueError(f"{said}: found {found}; allowed: {lowest} to {highest} {unit}, or null for missing")
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_UP))


def _range(parameter: Parameter) -> tuple[int, Decimal, Decimal, str]:
    """Return (decimals, lowest, highest, unit) of what is possible at all."""
    if isinstance(parameter, Laboratory):
        return parameter.decimals, Decimal(0), Decimal(parameter.highest).scaleb(-parameter.decimals), parameter.unit
    if isinstance(parameter, Stated):
        raise TypeError(parameter.name)
    vital, bounds = VITALS[parameter.vital], PLAUSIBLE[parameter.vital]
    return vital.decimals, vital.decimal(bounds.lowest), vital.decimal(bounds.highest), vital.ucum


@click.command()
@click.argument("score", type=click.Choice(list(SCORES)))
@click.argument("file", type=click.File("rb"), default="-")
def command(score: str, file: BinaryIO) -> None:
    """Score observations, one JSON object a line, with SCORE.

    docs/scores.md lists the fields of each; for news2: respiration_rate, spo2, spo2_scale, supplemental_oxygen,
    temperature, systolic, pulse, consciousness (A C V P U). What is null or left out is missing: the total is then a
    lower bound. A line that cannot be scored yields an error in its place, and exit status 1.
    """
    failed = False
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            answer = scored(SCORES[score], line)
        except ValueError as error:  # msgspec's own are ValueErrors too
            answer = {"line": number, "error": str(error)}
            failed = True
        click.echo(msgspec.json.encode(answer))
    sys.exit(failed)
