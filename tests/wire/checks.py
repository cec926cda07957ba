"""What every payload must satisfy, read back as a stranger would: by Python's own json and jsonschema."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from jsonschema import Draft202012Validator

from edge_agent.wire.schemas import schema

Json = dict[str, Any]


def parsed(payload: bytes) -> Json:
    """Return the JSON object with its numbers as exact decimals; NaN and Infinity are refused, doubled keys too."""
    whole = json.loads(payload, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    assert isinstance(whole, dict)
    return whole


def validate(payload: bytes) -> Json:
    """Check a payload against the schema it names, and that it holds no key that the schema does not document."""
    whole = parsed(payload)
    closed(whole["schema"]).validate(whole)
    return whole


@cache
def closed(name: str) -> Draft202012Validator:
    """Return a validator of the published schema with every object closed: stricter than what consumers are told."""
    strict = _closed(schema(name))
    Draft202012Validator.check_schema(strict)
    return Draft202012Validator(strict)


def _closed(node: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    shut = {"additionalProperties": False} if "properties" in node and "additionalProperties" not in node else {}
    return {key: _closed(value) for key, value in node.items()} | shut


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    assert len(dict(pairs)) == len(pairs), f"a key is there twice: {[key for key, _ in pairs]}"
    return dict(pairs)
