from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from edge_agent.domain.alerts import Phase
from edge_agent.wire.inbound import Request, read
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.schemas import schema
from tests.wire.checks import parsed, validate
from tests.wire.examples import GOLDEN, examples, golden

WRITTEN = dict(golden())
SAID = dict(examples())
HEARD = sorted((GOLDEN / "inbound").glob("*.json"))


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_what_the_agent_says_is_what_it_said_before_byte_for_byte(file: Path) -> None:
    assert file.read_bytes() == WRITTEN[file], (
        "run `python -m tests.wire.examples`, read what changed, mind the version"
    )


def test_no_golden_file_is_left_over() -> None:
    assert set(GOLDEN.rglob("*.json")) == {*WRITTEN, *HEARD}


@pytest.mark.parametrize("name", SAID)
def test_an_example_satisfies_its_schema_and_its_record(name: str) -> None:
    said = validate(SAID[name])
    msgspec.json.decode(SAID[name], type=PAYLOADS[said["schema"]], strict=True)


@pytest.mark.parametrize("file", HEARD, ids=lambda file: file.stem)
def test_an_example_of_what_others_say_is_understood(file: Path) -> None:
    heard = parsed(file.read_bytes())
    Draft202012Validator(schema(heard["schema"])).validate(heard)
    kind = PAYLOADS[heard["schema"]]
    assert issubclass(kind, Request)
    assert read(kind, file.read_bytes()).request == heard["request"]


def test_every_payload_and_every_phase_of_an_alert_has_an_example() -> None:
    whole = [parsed(payload) for payload in SAID.values()] + [parsed(file.read_bytes()) for file in HEARD]
    assert {each["schema"] for each in whole} == set(PAYLOADS)
    assert {each["phase"] for each in whole if each["schema"] == "bedside/alert/1"} == {phase.value for phase in Phase}
