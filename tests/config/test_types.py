"""The walker knows every kind of setting there is, and enforces every bound that the settings put on one."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec
import pytest
from msgspec import inspect

from edge_agent.gateway.config.json_source import read_json
from edge_agent.gateway.config.load import ConfigFile
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.spec import Spec
from edge_agent.gateway.config.typed import read_struct

ENFORCED: dict[type[inspect.Type], set[str]] = {
    inspect.StrType: {"min_length", "pattern"},
    inspect.IntType: {"ge", "gt", "le"},
    inspect.FloatType: {"ge", "gt", "le"},
    inspect.DecimalType: set(),
    inspect.BoolType: set(),
    inspect.EnumType: {"cls"},
    inspect.VarTupleType: {"item_type", "max_length"},
    inspect.DictType: {"key_type", "value_type"},
    inspect.StructType: {"cls", "fields", "array_like", "forbid_unknown_fields", "tag", "tag_field"},
}
"""What `edge_agent.gateway.config.typed` and `scalars` look at, per kind."""


def _specs(spec: Spec) -> Iterator[Spec]:
    yield spec
    for field in spec.fields():
        yield from _specs(field)
    if isinstance(spec.kind, inspect.VarTupleType):
        yield from _specs(Spec.of(spec.kind.item_type))
    if isinstance(spec.kind, inspect.DictType):
        yield from _specs(Spec.of(spec.kind.value_type))


SPECS = list(_specs(Spec.of(inspect.type_info(ConfigFile))))


def test_every_kind_and_every_bound_is_known() -> None:
    for spec in SPECS:
        used = {name for name, value in msgspec.structs.asdict(spec.kind).items() if value is not None}
        assert used <= ENFORCED[type(spec.kind)], spec


def test_every_field_has_a_meaning_and_every_pattern_words() -> None:
    for spec in SPECS:
        for field in spec.fields():
            assert field.meaning.endswith("."), field
        assert spec.form or not getattr(spec.kind, "pattern", None), spec


def test_every_kind_has_words_and_a_placeholder_of_its_own_type() -> None:
    for spec in SPECS:
        assert spec.allowed()
        hole = msgspec.to_builtins(spec.placeholder(), str_keys=True)
        assert hole is None or isinstance(hole, str | int | float | list | tuple | dict | Enum)


class _Unbounded(msgspec.Struct):
    value: float


@pytest.mark.parametrize(("written", "value"), [("1e308", 1e308), ("-0.5", -0.5), ("1e999", None), ("NaN", None)])
def test_a_number_without_bounds_is_still_finite(written: str, value: float | None) -> None:
    sheet = Sheet()
    read = read_struct(read_json(f'{{"value": {written}}}'.encode(), ""), _Unbounded, sheet)
    assert (sheet.problems() == ()) == (value is not None)
    assert value is None or read.value == value
