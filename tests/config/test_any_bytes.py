"""Whatever the bytes: settings, or a ConfigError whose every problem a person can read. Never another exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.domain.settings import Settings, WardSettings
from edge_agent.gateway.config.load import parse_file, parse_ward
from edge_agent.gateway.config.summary import as_json, as_text
from tests.config.good import GOOD, NAME
from tests.config.strategies import wards

SNIPPETS = st.sampled_from(
    ["- ", "  ", "&a ", "*a", "!t ", "---\n", "0", "-1", "1e999", "9" * 5_000, "<<", "null", "true",
     *"{}[]: \n\t~|>\"'#?\\%@`,\x00\ud800\u200bä"]
)  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, good: str) -> str:
    """Cut a part of a good text out and put something else in, a few times."""
    text = good
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + draw(SNIPPETS | st.text(max_size=5)) + text[stop:]
    return text


@st.composite
def trees(draw: st.DrawFn) -> bytes:
    """Return JSON with the right keys and anything for their values."""
    leaves = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["1", "90"])
    )
    keys = st.sampled_from([*WardSettings.__struct_fields__, "id", "bed", "family", "limit", "spo2-low", "spo2", "x"])
    deep = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
    root = {"config_schema": 1, "version": 1, **draw(st.dictionaries(keys, deep, max_size=6))}
    return json.dumps(root).encode()


def _readable(problems: tuple[Problem, ...]) -> None:
    assert problems
    for problem in problems:
        for part in (problem.where, problem.path, problem.found, problem.allowed, problem.remedy):
            assert part
            assert part.isprintable(), "one line, nothing invisible"
        str(problem).encode()


def _file(data: bytes) -> None:
    try:
        loaded = parse_file(data, NAME)
    except ConfigError as error:
        _readable(error.problems)
    else:
        assert isinstance(loaded.settings, Settings)
        assert as_text(loaded)
        json.dumps(as_json(loaded), default=str)


def _push(data: bytes) -> None:
    try:
        assert isinstance(parse_ward(data), WardSettings)
    except ConfigError as error:
        _readable(error.problems)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"\xff")
@example(b"a: \xed\xa0\x80")
@example(b'"\\ud800": 1')
def test_any_bytes(data: bytes) -> None:
    _file(data)
    _push(data)


@given(spoilt(GOOD))
def test_a_spoilt_file(text: str) -> None:
    _file(text.encode("utf-8", "surrogatepass"))


@given(wards(), st.data())
def test_a_spoilt_push(ward: bytes, data: st.DataObject) -> None:
    _push(data.draw(spoilt(ward.decode())).encode("utf-8", "surrogatepass"))


@given(trees())
def test_the_right_keys_with_any_values(data: bytes) -> None:
    _push(data)


@pytest.mark.parametrize("position", range(0, len(GOOD), 37))
def test_a_file_that_ends_in_the_middle(position: int) -> None:
    _file(GOOD[:position].encode())
