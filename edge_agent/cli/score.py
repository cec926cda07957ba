"""`edge-agent score NAME`: observations as JSON lines in, scores as JSON lines out."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import count
from json import JSONDecodeError
from typing import Any, BinaryIO

import click
import msgspec

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.score_evaluator import evaluate
from edge_agent.bedside.score_table import Laboratory, Parameter, ScoreTable, Stated
from edge_agent.bedside.scores import SCORES
from firmware_bridges.vitals import VITALS

ALIASES = {"respiration_rate": "respiratory_rate"}
"""Other names that fields may have; a part of the score is called as its field was, or by this name if it was not."""

_CALLED = {name: alias for alias, name in ALIASES.items()}
EXAMPLE = '{"respiration_rate": 22, "spo2": 93}'

LEVELS = {"alert": "A", "confusion": "C", "voice": "V", "pain": "P", "unresponsive": "U"}
"""ACVPU by its words; the letters do as well."""

LONGEST = 65_536
"""Bytes of a line, beyond which it is not read but refused: memory stays flat whatever is piped in."""

SHOWN = 40
"""Characters of a wrong value that an error repeats."""

_Given = dict[str, Any]


def scored(table: ScoreTable, line: bytes) -> dict[str, Any]:
    """Return total, parts, risk and missing of one line; ValueError in words when it cannot be scored.

    Without any input there is neither total nor risk: nothing is ever taken for zero.
    """
    said = _object(line)
    parameters = {each.name: each for each in table.parameters}
    names = {ALIASES.get(name, name): name for name in said}
    given: dict[str, int | str | None] = {}
    for field, value in said.items():
        name = ALIASES.get(field, field)
        if name in given:
            raise ValueError(f"{field}: the same as {name}; leave one of them out")
        if name not in {*parameters, *table.chosen}:
            known = ", ".join(_CALLED.get(each, each) for each in [*parameters, *table.chosen])
            raise ValueError(f"{_shown(field)}: no field of {table.title}; known: {known}")
        given[name] = _read(field, value, parameters.get(name), table.chosen.get(name, ()))
    result = evaluate(table, given)
    called = {**_CALLED, **names}
    known_at_all = len(result.missing) < len(result.parts)
    return {
        "score": table.name,
        "total": result.total if known_at_all else None,
        "complete": result.complete,
        "parts": {called.get(part.name, part.name): part.points for part in result.parts},
        "risk": result.risk if known_at_all else None,
        "response": result.response if known_at_all else None,
        "missing": [called.get(name, name) for name in result.missing],
        "sha256": result.sha256,
    }


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Give every line that is not blank with its number; of one that is too long, enough to see that it is."""
    for number in count(1):
        line = whole = file.readline(LONGEST + 1)
        while len(whole) > LONGEST and not whole.endswith(b"\n"):
            whole = file.readline(LONGEST + 1)
        if not line:
            return
        line = line.removeprefix(BOM_UTF8) if number == 1 else line
        if line.strip() or len(line) > LONGEST:
            yield number, line


def _object(line: bytes) -> _Given:
    """Return a line's fields, numbers as the digits that were sent."""
    if len(line) > LONGEST:
        raise ValueError(f"longer than {LONGEST} bytes; a line is one observation")
    try:
        found = _DECODER.decode(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8: {error.reason} at byte {error.start}") from error
    except JSONDecodeError as error:
        raise ValueError(
            f"no JSON: {error.msg} at character {error.pos + 1}; a line is one object, such as {EXAMPLE}"
        ) from error
    except RecursionError as error:
        raise ValueError(f"too deep; a line is one object, such as {EXAMPLE}") from error
    if not isinstance(found, dict):
        raise ValueError(f"found {_shown(found)}; a line is one object, such as {EXAMPLE}")  # noqa: TRY004 - a line's fault
    return found


def _once(pairs: list[tuple[str, Any]]) -> _Given:
    """Return the pairs as an object; which of two values of the same field is meant, nobody can tell."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{_shown(name)}: stands {times} times; say it once")
    return dict(pairs)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=str.encode, parse_float=str.encode, parse_constant=str.encode
)
"""Numbers come as bytes, which nothing else in JSON does: their digits are not yet rounded, and text is no number."""


def _read(said: str, value: object, parameter: Parameter | None, choices: tuple[str, ...]) -> int | str | None:
    """Return what one field says; None for null."""
    if value is None:
        return None
    if parameter is None:
        return _choice(said, value, choices)
    return _level(said, value, parameter) if isinstance(parameter, Stated) else _number(said, value, parameter)


def _choice(said: str, value: object, choices: tuple[str, ...], found: str | None = None) -> str:
    """Return one of `choices`, by its name or its digit; `found` as which of them `value` is to be read."""
    found = _text(value) if found is None else found
    if found not in choices:
        raise ValueError(f"{said}: found {_shown(value)}; allowed: {', '.join(choices)}, or null for missing")
    return found


def _level(said: str, value: object, parameter: Stated) -> str:
    """Return a level by its name; of two levels, false and true are the first and the second."""
    names = tuple(parameter.levels)
    if isinstance(value, bool) and len(names) == len((False, True)):
        return names[value]
    found = _text(value)
    return _choice(said, value, names, LEVELS.get(found.lower(), found.upper()) if "A" in names else found)


def _number(said: str, value: object, parameter: Parameter) -> int:
    """Return a number in units of its resolution, rounded half up from the digits as they were sent."""
    decimals, lowest, highest, unit = _range(parameter)
    number = _decimal(value)
    if number is None or not lowest <= number <= highest:
        allowed = f"a number from {lowest} to {highest} {unit}"
        raise ValueError(f"{said}: found {_shown(value)}; allowed: {allowed}, or null for missing")
    return int(number.scaleb(decimals).to_integral_value(ROUND_HALF_UP))


def _decimal(value: object) -> Decimal | None:
    """Return a finite number, None for all else."""
    try:
        number = Decimal(value.decode()) if isinstance(value, bytes) else Decimal("nan")
    except InvalidOperation:  # an exponent of twenty digits
        return None
    return number if number.is_finite() else None


def _text(value: object) -> str:
    """Return text, or the digits of a number; "" for what is neither."""
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _shown(value: object) -> str:
    """Return such as `"97"`, `NaN`, `true` or `an array`: what was found, in JSON's own words, and not all of it."""
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    text = value.decode() if isinstance(value, bytes) else json.dumps(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _range(parameter: Parameter) -> tuple[int, Decimal, Decimal, str]:
    """Return (decimals, lowest, highest, unit) of what is possible at all."""
    if isinstance(parameter, Laboratory):
        return parameter.decimals, Decimal(0), Decimal(parameter.highest).scaleb(-parameter.decimals), parameter.unit
    if isinstance(parameter, Stated):
        raise TypeError(parameter.name)
    vital, bounds = VITALS[parameter.vital], PLAUSIBLE[parameter.vital]
    return vital.decimals, vital.decimal(bounds.lowest), vital.decimal(bounds.highest), vital.ucum


@click.command(epilog=f"Such as: echo '{EXAMPLE}' | edge-agent score news2")
@click.argument("score", type=click.Choice(list(SCORES)))
@click.argument("file", type=click.File("rb"), default="-")
def command(score: str, file: BinaryIO) -> None:
    """Score observations, one JSON object a line, with SCORE. FILE is a file's name, or - for the standard input.

    docs/scores.md lists the fields of each; for news2: respiration_rate, spo2, spo2_scale, supplemental_oxygen,
    temperature, systolic, pulse, consciousness (A C V P U). What is null or left out is missing: the total and the risk
    are then lower bounds ("complete": false), and null where nothing was given. A line that cannot be scored yields an
    error in its place, and exit status 1; blank lines are passed over.
    """
    failed = False
    for number, line in lines(file):
        try:
            answer = scored(SCORES[score], line)
        except ValueError as error:
            answer = {"line": number, "error": str(error)}
            failed = True
        click.echo(msgspec.json.encode(answer))
    sys.exit(failed)
