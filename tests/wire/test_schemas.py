from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from edge_agent.cli.main import main
from edge_agent.wire.inbound import Request
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.schemas import schema, schemas

SETTINGS = {"Bed", "Device", "Limit", "Patient", "WardSettings"}
"""Records of the configuration, documented where they are defined."""

ENVELOPE = {"id", "stream", "seq", "run", "boot", "measured", "monotonic_us", "clock", "expires_at", "correlation"}


def objects(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every object description in a schema, itself included, those of the configuration aside."""
    if isinstance(node, list):
        for each in node:
            yield from objects(each)
    elif isinstance(node, dict):
        if "properties" in node:
            yield node
        for key, value in node.items():
            if key not in SETTINGS:
                yield from objects(value)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_schema_is_one_and_documents_every_field(name: str) -> None:
    whole = schema(name)
    Draft202012Validator.check_schema(whole)
    for each in objects(whole):
        assert each["description"]
        for field, node in each["properties"].items():
            assert field == "schema" or node.get("description"), f"{each['title']}.{field}"


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_we_say_carries_the_envelope_and_what_we_hear_the_four_that_every_request_needs(name: str) -> None:
    whole = schema(name)
    if issubclass(PAYLOADS[name], Request):
        assert {"schema", "request", "consumer", "expires_at"} <= set(whole["required"])
        assert whole["additionalProperties"] is False
    else:
        assert whole["properties"].keys() >= ENVELOPE
        assert set(whole["required"]) >= ENVELOPE - {"correlation"}


def test_a_schema_id_is_the_only_one_its_payload_may_name() -> None:
    for name, whole in schemas().items():
        assert whole["properties"]["schema"] == {"enum": [name]}
        assert "schema" in whole["required"]
        assert whole["$id"] == "urn:" + name.replace("/", ":")


def test_no_field_has_room_for_a_persons_name() -> None:
    fields = {field for whole in schemas().values() for each in objects(whole) for field in each["properties"]}
    of_people = {
        field for field in fields if any(word in field for word in ("patient", "name", "person", "birth", "mrn"))
    }
    # `person` is staff, by id; `birth` the agent's own; `name` a score's, a part's or a model's; `mdc_name` a code's.
    assert of_people == {"person", "birth", "name", "mdc_name"}


@pytest.mark.parametrize("asked", ["bedside/alert/1", "alert"])
def test_the_command_prints_one_schema_by_its_id_or_its_middle(asked: str) -> None:
    result = CliRunner().invoke(main, ["schema", asked])
    assert result.exit_code == 0
    assert json.loads(result.output) == schema("bedside/alert/1")


def test_the_command_prints_all_schemas_by_id() -> None:
    result = CliRunner().invoke(main, ["schema"])
    assert json.loads(result.output) == schemas()


def test_the_command_names_what_there_is_when_asked_for_what_there_is_not() -> None:
    result = CliRunner().invoke(main, ["schema", "alarm"])
    assert result.exit_code == 2
    assert "bedside/alert/1" in result.output
