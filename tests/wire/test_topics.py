from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import Id
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.topics import TOPICS, Direction, Topics
from tests.wire.strategies import ids

HERE = Topics("DEMO", "W1", "gw-1")
HOLES = {name: re.findall(r"\{(\w+)\}", row.template) for name, row in TOPICS.items()}


@given(st.sampled_from(sorted(TOPICS)), st.lists(ids, min_size=2, max_size=2))
def test_a_topic_taken_apart_is_what_it_was_made_of(name: str, fill: list[str]) -> None:
    fields = dict(zip(HOLES[name], fill, strict=False))
    assert HERE.parse(HERE.topic(name, **fields)) == (name, fields)


@pytest.mark.parametrize("name", TOPICS)
def test_no_two_rows_share_a_topic(name: str) -> None:
    topic = HERE.topic(name, **dict.fromkeys(HOLES[name], "observe"))
    assert topic == "bedside/v1/DEMO/W1/gw-1/" + re.sub(r"\{\w+\}", "observe", TOPICS[name].template)
    parsed = HERE.parse(topic)
    assert parsed is not None
    assert parsed.name == name


@pytest.mark.parametrize("bad", ["", "a/b", "+", "#", "bed 3", "Müller", "3\n", "x" * 65, "$SYS"])
def test_an_id_that_could_change_the_shape_of_a_topic_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be part of a topic"):
        HERE.topic("vitals", bed=bad)
    for three in ((bad, "W", "G"), ("H", bad, "G"), ("H", "W", bad)):
        with pytest.raises(ValueError, match="cannot be part of a topic"):
            Topics(*three)


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "bedside/v1/DEMO/W1/gw-2/state",
        "bedside/v1/DEMO/W1/gw-1",
        "bedside/v1/DEMO/W1/gw-1/",
        "bedside/v1/DEMO/W1/gw-1/state/",
        "bedside/v1/DEMO/W1/gw-1/state\n",
        "bedside/v1/DEMO/W1/gw-1/bed//vitals",
        "bedside/v1/DEMO/W1/gw-1/bed/+/vitals",
        "xbedside/v1/DEMO/W1/gw-1/state",
    ],
)
def test_what_is_not_in_the_table_is_not_ours(foreign: str) -> None:
    assert HERE.parse(foreign) is None


def test_we_listen_to_exactly_what_others_may_say_and_to_our_own_heartbeat() -> None:
    root = "bedside/v1/DEMO/W1/gw-1/"
    assert HERE.subscriptions() == [
        (root + "heartbeat", 0),
        (root + "bed/+/receipt/+", 1),
        (root + "receipt/+", 1),
        (root + "listener/+", 1),
        (root + "config/desired", 1),
        (root + "command/+", 1),
    ]


def test_everything_that_is_retained_or_must_arrive_has_a_quality_of_service() -> None:
    for row in TOPICS.values():
        assert row.qos == 1 or not row.retain
        assert row.qos in (0, 1)
    assert {name for name, row in TOPICS.items() if row.qos == 0} == {"health", "heartbeat", "shadow", "waveform"}
    assert all(TOPICS[name].expires_s is None for name in TOPICS if "alert" in name or TOPICS[name].retain)


def test_every_payload_has_a_topic_and_every_topic_a_payload() -> None:
    spoken = {word for row in TOPICS.values() for word in row.schema.split()}
    assert spoken == {name.split("/")[1] for name in PAYLOADS}
    assert [name for name, row in TOPICS.items() if not row.schema] == ["waveform"]


def test_a_topic_takes_the_ids_that_a_configuration_takes() -> None:
    assert msgspec.json.schema(Id)["pattern"] == "^[A-Za-z0-9_-]{1,64}$"
    assert HERE.topic("vitals", bed="x" * 64)


def test_the_direction_tells_who_publishes() -> None:
    directions = {name: row.direction for name, row in TOPICS.items()}
    inbound = {name for name, direction in directions.items() if direction is Direction.IN}
    assert inbound == {"receipt", "gateway-receipt", "listener", "config-desired", "command"}
    assert [name for name, direction in directions.items() if direction is Direction.ECHO] == ["heartbeat"]
