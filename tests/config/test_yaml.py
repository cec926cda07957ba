"""What YAML can be that a configuration may not, and what must survive it."""

from __future__ import annotations

import pytest

from edge_agent.gateway.config.load import parse_file
from tests.config.good import GOOD, NAME, broken, problems


def test_scalars_stay_what_was_written() -> None:
    local, ward = parse_file(GOOD.encode(), NAME).settings.local, parse_file(GOOD.encode(), NAME).settings.ward
    assert local.ward == "NO"
    assert ward.beds[0].id == "012"
    assert ward.devices[1].address == "C0:26:DA:00:12:34"


END = len(GOOD.splitlines()) + 1


@pytest.mark.parametrize("text", ['"NO"', "'NO'", "NO # not a boolean", "1e3", "0x1F", "12:30:00", "2020-01-01", ".5"])
def test_what_yaml_would_turn_into_something_else_stays_text(text: str) -> None:
    written = broken(("encounter: e-1", f"encounter: {text}"))
    expected = text.partition(" #")[0].strip("\"'")
    if set(expected) & set(":."):
        assert [problem.path for problem in problems(written)] == ["settings.beds[0].encounter"]
    else:
        assert parse_file(written.encode(), NAME).settings.ward.beds[0].encounter == expected


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        pytest.param("", NAME, "an empty file", id="empty"),
        pytest.param("# only a comment\n", NAME, "an empty file", id="comment"),
        pytest.param("- a\n- b\n", f"{NAME}:1:1", "a list", id="list"),
        pytest.param("hello\n", f"{NAME}:1:1", '"hello"', id="text"),
        pytest.param(GOOD + "---\n" + GOOD, f"{NAME}:{END}:1", "a second document", id="two-documents"),
        pytest.param("a: 'x\n", f"{NAME}:1:4", "broken YAML (found unexpected end of stream)", id="quote"),
        pytest.param('a: "\\U00110000"\n', NAME, "broken YAML (chr() arg not in range(0x110000))", id="escape"),
        pytest.param("a: \x00\n", f"{NAME}:1:4", "the control character U+0000", id="nul"),
        pytest.param("a: b\nc: [" + "[" * 100, f"{NAME}:2:24", "deeper nesting", id="deep"),
        pytest.param("%YAML 2.0\n---\na: b\n", f"{NAME}:1:1", None, id="version"),
    ],
)
def test_what_is_no_configuration_says_so_with_its_place(text: str, where: str, found: str | None) -> None:
    (problem,) = (each for each in problems(text) if each.path == ".")
    assert problem.where == where
    assert found is None or problem.found == found


def test_a_file_that_is_not_utf_8_says_where() -> None:
    (problem,) = problems("config_schema: 1\nsite: Spitäl\n".encode("latin-1"))
    assert (problem.where, problem.found) == (f"{NAME}:2:11", "the byte 0xe4")
    assert problem.remedy == "save the file as UTF-8"


def test_a_byte_order_mark_is_no_matter() -> None:
    assert problems(b"\xef\xbb\xbf" + GOOD.encode()) == ()


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    (problem,) = problems("a: b\n" * 100_000)
    assert problem.found == "500000 bytes"


@pytest.mark.parametrize(
    ("right", "wrong", "path", "found"),
    [
        ("site: st-marys", "site: &site st-marys", "site", "the anchor &site"),
        ("gateway: gw-1", "gateway: *site", "gateway", "the alias *site"),
        ("host: broker.example", "host: !!str broker.example", "broker.host", "the tag tag:yaml.org,2002:str"),
        ("model: news2-7-within-6h-lr", "model: !secret x", "model", "the tag !secret"),
        ("  keepalive_s: 10", "  <<: *defaults", "broker.<<", 'the unknown key "<<"'),
        ("site: left earlobe", 'site: "left\\u200bear"', "settings.devices[0].site", '"left<U+200B>ear"'),
        ("site: left earlobe", 'site: "left\\uD800"', "settings.devices[0].site", '"left<U+D800>"'),
        ("site: left earlobe", "site: |\n        ear", "settings.devices[0].site", '"ear<U+000A>"'),
    ],
)
def test_what_only_yaml_can_say_is_refused_where_it_stands(right: str, wrong: str, path: str, found: str) -> None:
    (problem,) = problems(broken((right, wrong)))
    assert (problem.path, problem.found) == (path, found)


def test_a_tab_is_named() -> None:
    (problem,) = problems(broken(("  host: broker.example", "\thost: broker.example")))
    assert problem.where == f"{NAME}:6:1"
    assert problem.remedy == "replace the tab by spaces"


def test_an_alias_bomb_is_not_expanded() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert problems(f"a0: &a0 [x]\n{levels}")


def test_a_missing_field_is_reported_at_the_entry_it_belongs_to() -> None:
    (problem,) = problems(broken(("    - id: 14\n      state: unassigned", "    - state: unassigned")))
    assert (problem.where, problem.path, problem.found) == (f"{NAME}:34:7", "settings.beds[2].id", "nothing")
