"""From one written value to a typed one: text, number, truth, choice. A wrong one raises with its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any

from msgspec import inspect

from edge_agent.gateway.config.nodes import Kind, Scalar
from edge_agent.gateway.config.spec import Spec
from edge_agent.gateway.config.words import shown, suggestion

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d{0,8})(\.\d{1,9})?")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,20})?([eE][-+]?\d{1,3})?")
_URL = re.compile(r"\w+://(?:[^@/]*@)?([^/:]+).*")
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_MEANT = {"true": {"yes", "on", "1", "y"}, "false": {"no", "off", "0", "n"}}
"""What people write for a truth value, some of which YAML 1.1 even took."""
_GUESSED = 300
"""Longest text that is worth a guess; the guesses' patterns take time with the square of it."""
_WRITTEN = frozenset({Kind.PLAIN, Kind.TEXT})


class WrongError(ValueError):
    """A value that a setting cannot take; the text is the remedy."""


def value(scalar: Scalar, spec: Spec) -> Any:  # noqa: ANN401 - of whatever type the setting has
    """Return the scalar as `spec` wants it. Raises `WrongError`."""
    if scalar.kind is Kind.NOTHING:
        raise WrongError("give a value, or remove the line where it may be absent")
    return _READERS[type(spec.kind)](scalar, spec.kind, spec.form)


def _text(scalar: Scalar, kind: inspect.StrType, form: str) -> str:
    if scalar.kind not in _WRITTEN:
        raise WrongError(f"put it in quotes: {shown(scalar.text)}")
    odd = next((letter for letter in scalar.text if not letter.isprintable()), None)
    if odd is not None:
        raise WrongError(f"remove the invisible character U+{ord(odd):04X}")
    if kind.min_length and not scalar.text:
        raise WrongError("write something, or remove the line where it may be absent")
    if kind.pattern and not re.fullmatch(kind.pattern, scalar.text):
        raise WrongError(_text_remedy(scalar.text, kind.pattern, form))
    return scalar.text


def _whole(scalar: Scalar, kind: inspect.IntType, _: str) -> int:
    if not _WHOLE.fullmatch(scalar.text) or scalar.kind is Kind.TEXT:
        raise WrongError(_number_remedy(scalar, _WHOLE, "write a whole number in digits"))
    return int(_bounded(int(scalar.text), kind))


def _number(scalar: Scalar, kind: inspect.FloatType, _: str) -> float:
    if not _NUMBER.fullmatch(scalar.text) or scalar.kind is Kind.TEXT:
        raise WrongError(_number_remedy(scalar, _NUMBER, "write a number such as 0.5"))
    return _bounded(float(scalar.text), kind)


def _decimal(scalar: Scalar, _: inspect.DecimalType, __: str) -> Decimal:
    """Read a decimal; quotes are fine, because JSON writers put decimals in them."""
    if not _DECIMAL.fullmatch(scalar.text) or scalar.kind is Kind.TRUTH:
        raise WrongError(_number_remedy(scalar, _DECIMAL, "write a number such as 36.5"))
    return Decimal(scalar.text)


def _truth(scalar: Scalar, _: inspect.BoolType, __: str) -> bool:
    if scalar.kind is Kind.TEXT and scalar.text in _TRUTHS:
        raise WrongError(f"remove the quotes: {scalar.text}")
    if scalar.kind is Kind.TEXT or scalar.text not in _TRUTHS:
        meant = next((truth for truth, words in _MEANT.items() if scalar.text.lower() in words), "true or false")
        raise WrongError(f"write {meant}")
    return _TRUTHS[scalar.text]


def _choice(scalar: Scalar, kind: inspect.EnumType, _: str) -> Enum:
    members = {str(member.value): member for member in kind.cls}
    if scalar.kind not in _WRITTEN:
        raise WrongError(f"put it in quotes: {shown(scalar.text)}")
    if scalar.text not in members:
        raise WrongError(suggestion(scalar.text, members, "choose one of them"))
    return members[scalar.text]


_READERS: dict[type[inspect.Type], Callable[[Scalar, Any, str], Any]] = {
    inspect.StrType: _text,
    inspect.IntType: _whole,
    inspect.FloatType: _number,
    inspect.DecimalType: _decimal,
    inspect.BoolType: _truth,
    inspect.EnumType: _choice,
}


def _bounded(number: float, kind: inspect.IntType | inspect.FloatType) -> float:
    within = (
        math.isfinite(number)
        and (kind.ge is None or number >= kind.ge)
        and (kind.gt is None or number > kind.gt)
        and (kind.le is None or number <= kind.le)
    )
    if not within:
        raise WrongError("choose a number in that range")
    return number


def _text_remedy(text: str, pattern: str, form: str) -> str:
    """Guess what was meant: the host of an URL, a name with something between its words."""
    if len(text) > _GUESSED:
        return f"write {form}"
    guesses = (_URL.sub(r"\1", text), re.sub(r"[^A-Za-z0-9]+", "-", text.strip()))
    meant = next((guess for guess in guesses if guess != text and re.fullmatch(pattern, guess)), None)
    return f"write {meant}" if meant else f"write {form}"


def _number_remedy(scalar: Scalar, form: re.Pattern[str], otherwise: str) -> str:
    """Guess what was meant: quotes, a comma, a unit, digits in groups, leading zeros."""
    text = scalar.text.strip()
    if len(text) > _GUESSED:
        return otherwise
    if form.fullmatch(text):
        return f"remove the quotes: {text}"
    guesses = (
        text.replace(",", "."),
        re.sub(r"[ _']", "", text),
        re.sub(r"\s*[A-Za-z%°/\[\]]+$", "", text),
        re.sub(r"^([-+]?)0+(?=\d)", r"\1", text),
        text.removeprefix("+"),
    )
    meant = next((guess for guess in guesses if form.fullmatch(guess)), None)
    return f"write the bare number: {meant}" if meant else otherwise
