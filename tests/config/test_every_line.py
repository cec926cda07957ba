"""Break a good file at every value and at every key, and that place, and no other, is reported."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge_agent.domain.local_output import GpioLine, InputSettings
from edge_agent.domain.night import Night, NightLevel
from edge_agent.domain.settings import Bed, Broker, Consumer, Device, Expected, Limit, LocalSettings, Tls, WardSettings
from edge_agent.domain.windows import Patient
from edge_agent.gateway.config.nodes import ListNode, MapNode, Node, Scalar
from edge_agent.gateway.config.yaml_source import read_yaml
from tests.config.good import GOOD, NAME, problems

Spot = tuple[str, Scalar]


def _values(node: Node, path: str) -> Iterator[Spot]:
    if isinstance(node, Scalar):
        yield path[1:], node
    if isinstance(node, MapNode):
        for entry in node.entries:
            yield from _values(entry.value, f"{path}.{entry.key.text}")
    if isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from _values(item, f"{path}[{index}]")


def _keys(node: Node, path: str) -> Iterator[Spot]:
    if isinstance(node, MapNode):
        for entry in node.entries:
            yield f"{path}.{entry.key.text}"[1:], entry.key
            yield from _keys(entry.value, f"{path}.{entry.key.text}")
    if isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from _keys(item, f"{path}[{index}]")


ROOT = read_yaml(GOOD.encode(), NAME)
VALUES = dict(_values(ROOT, ""))
KEYS = dict(_keys(ROOT, ""))


def _replaced(scalar: Scalar, text: str) -> str:
    start = scalar.place.order
    return GOOD[:start] + text + GOOD[start + len(scalar.text) :]


def test_the_good_file_is_good_and_every_setting_is_in_it() -> None:
    assert problems(GOOD) == ()
    structs = (
        LocalSettings,
        GpioLine,
        InputSettings,
        Night,
        NightLevel,
        Broker,
        Tls,
        WardSettings,
        Bed,
        Patient,
        Device,
        Expected,
        Limit,
        Consumer,
    )
    fields = {field for struct in structs for field in struct.__struct_fields__}
    assert fields - {key.text for key in KEYS.values()} == {"version"}, "which a file may not have"


@pytest.mark.parametrize("path", VALUES)
def test_a_section_in_the_place_of_a_value_is_one_problem_at_that_place(path: str) -> None:
    (problem,) = problems(_replaced(VALUES[path], "{}"))
    assert (problem.path, problem.where) == (path, VALUES[path].place.text)


@pytest.mark.parametrize("path", VALUES)
def test_nothing_in_the_place_of_a_value_is_refused_there_or_allowed(path: str) -> None:
    found = problems(_replaced(VALUES[path], "~"))
    assert [(problem.path, problem.where) for problem in found] in ([], [(path, VALUES[path].place.text)])


@pytest.mark.parametrize("path", KEYS)
def test_a_key_with_a_typing_error_is_one_problem_that_says_what_was_meant(path: str) -> None:
    key = KEYS[path]
    (problem,) = problems(_replaced(key, key.text[:-1] + "q"))
    assert problem.where == key.place.text
    assert problem.remedy == f"did you mean {key.text}?"


@pytest.mark.parametrize("path", KEYS)
def test_a_key_nobody_knows_is_reported_where_it_stands(path: str) -> None:
    key = KEYS[path]
    assert key.place.text in {problem.where for problem in problems(_replaced(key, "qqqqqq"))}


@pytest.mark.parametrize("path", KEYS)
def test_a_key_that_stands_twice_is_reported_at_its_second_place(path: str) -> None:
    key = KEYS[path]
    start = key.place.order
    column = start - GOOD.rfind("\n", 0, start) - 1
    line = int(key.place.text.split(":")[1])
    twice = f"{GOOD[:start]}{key.text}: 1\n{' ' * column}{GOOD[start:]}"
    assert any(
        problem.where == f"{NAME}:{line + 1}:{column + 1}" and "twice" in problem.found for problem in problems(twice)
    )
