"""An older layout is read as if it were today's, and its mistakes are still reported where they stand.

There is only one layout so far. So a second one is invented here: in layout 1 the site was the `hospital`, and a bed's
`required` were its `vitals`.
"""

from __future__ import annotations

import msgspec
import pytest

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.domain.settings import CONFIG_SCHEMA
from edge_agent.gateway.config.load import parse_file, parse_ward
from edge_agent.gateway.config.migrations import MIGRATIONS, Migration
from edge_agent.gateway.config.nodes import Entry, ListNode, MapNode, Node
from tests.config.good import GOOD, NAME, line_of


def _renamed(node: Node, old: str, new: str) -> Node:
    """Return the tree with every key `old` called `new`."""
    if isinstance(node, MapNode):
        return MapNode(node.place, tuple(_entry(entry, old, new) for entry in node.entries))
    if isinstance(node, ListNode):
        return ListNode(node.place, tuple(_renamed(item, old, new) for item in node.items))
    return node


def _entry(entry: Entry, old: str, new: str) -> Entry:
    key = msgspec.structs.replace(entry.key, text=new) if entry.key.text == old else entry.key
    return Entry(key, _renamed(entry.value, old, new))


def _file(root: MapNode) -> MapNode:
    return MapNode(root.place, tuple(_entry(entry, "hospital", "site") for entry in root.entries))


def _ward(root: MapNode) -> MapNode:
    return MapNode(root.place, tuple(_entry(entry, "vitals", "required") for entry in root.entries))


INVENTED = {1: Migration(file=_file, ward=_ward)}
OLD = GOOD.replace("site: st-marys", "hospital: st-marys").replace("required: [spo2, pulse]", "vitals: [spo2, pulse]")
NEW = GOOD.replace("config_schema: 1", "config_schema: 2")
PUSHED = b'{"config_schema": %d, "version": 1, "beds": [{"id": "1", "state": "unassigned", "%s": ["pulse"]}]}'


def _refusal(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_file(text.encode(), NAME, migrations=INVENTED)
    return caught.value.problems


def test_an_old_file_means_what_the_new_one_means() -> None:
    old, new = (parse_file(text.encode(), NAME, migrations=INVENTED).settings for text in (OLD, NEW))
    assert old == new
    assert old.local.site == "st-marys"
    assert old.ward.config_schema == CONFIG_SCHEMA


def test_an_old_push_means_what_the_new_one_means() -> None:
    old, new = (parse_ward(PUSHED % (schema, key), INVENTED) for schema, key in ((1, b"vitals"), (2, b"required")))
    assert old == new
    assert old.beds[0].required == ("pulse",)


def test_the_new_layout_is_not_migrated_again() -> None:
    assert {problem.path for problem in _refusal(NEW.replace("site: st", "hospital: st"))} == {"hospital", "site"}


def test_a_mistake_in_an_old_file_keeps_its_line() -> None:
    (problem,) = _refusal(OLD.replace("[spo2, pulse]", "[spo2, puls]"))
    assert (line_of(problem), problem.path) == (22, "settings.beds[0].required[1]")


def test_a_newer_layout_is_refused_alone_and_says_what_to_do() -> None:
    (problem,) = _refusal(
        GOOD.replace("config_schema: 1", "config_schema: 3").replace("site: st-marys", "site: st marys")
    )
    assert (problem.path, problem.found, problem.allowed) == ("config_schema", "3", "1, 2")
    assert "install a newer one" in problem.remedy


@pytest.mark.parametrize("said", ["0", "-1", "1.0", "one", "", "[1]", "9" * 5_000])
def test_what_is_no_layout_is_refused_beside_everything_else(said: str) -> None:
    paths = {problem.path for problem in _refusal(GOOD.replace("config_schema: 1", f"config_schema: {said}", 1))}
    assert paths == {"config_schema"}


def test_the_table_leads_to_todays_layout() -> None:
    assert sorted(MIGRATIONS) == list(range(1, CONFIG_SCHEMA))
