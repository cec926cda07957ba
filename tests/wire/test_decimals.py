from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.effects import StreamView, VitalsReport
from edge_agent.domain.settings import BedState
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.parts import number
from firmware_bridges.bridge import Mode
from firmware_bridges.vitals import VITALS, Reason, Validity
from tests.wire.strategies import TOPICS

STAMP = Stamp(run="00000000-0000-0000-0000-000000000001", boot="b", trust="synced", wall_offset=0)


def sent(vital: str, value: int) -> bytes:
    view = StreamView(
        vital=vital,
        device="d",
        mode=Mode.CONTINUOUS,
        value=value,
        validity=Validity.VALID,
        reason=Reason.OK,
        at=0,
        chosen=True,
    )
    report = VitalsReport(bed="3", at=0, state=BedState.MONITORED, streams=(view,))
    return seal(compose(report, TOPICS, STAMP)[0], 1, STAMP).payload


@given(st.sampled_from(sorted(VITALS)), st.integers(-(10**15), 10**15))
def test_a_value_keeps_its_decimals_exactly(vital: str, value: int) -> None:
    (stream,) = json.loads(sent(vital, value), parse_float=Decimal)["streams"]
    assert str(Decimal(stream["value"])) == str(VITALS[vital].decimal(value))
    assert VITALS[vital].scaled(stream["value"]) == value


@given(st.sampled_from(sorted(VITALS)), st.integers(-(10**9), 10**9))
def test_a_reader_with_binary_floats_gets_the_value_back_too(vital: str, value: int) -> None:
    (stream,) = json.loads(sent(vital, value))["streams"]
    assert VITALS[vital].scaled(Decimal(repr(stream["value"]))) == value


@pytest.mark.parametrize(
    ("vital", "value", "text"),
    [
        ("temperature", 372, b'"value":37.2,'),
        ("temperature", 370, b'"value":37.0,'),
        ("temperature", 0, b'"value":0.0,'),
        ("perfusion_index", 5, b'"value":0.05,'),
        ("perfusion_index", 120, b'"value":1.20,'),
        ("spo2", 100, b'"value":100,'),
    ],
)
def test_the_text_is_the_one_a_person_would_write(vital: str, value: int, text: bytes) -> None:
    assert text in sent(vital, value)


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_float_becomes_the_nearest_decimal_written_plainly(value: float, places: int) -> None:
    said = number(value, places)
    assert said is not None
    assert abs(said - Decimal(value)) <= Decimal(1).scaleb(-places) / 2
    assert re.fullmatch(r"-?\d+" + rf"\.\d{{{places}}}" * bool(places), str(said))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), None])
def test_what_is_no_number_is_absent(value: float | None) -> None:
    assert number(value, 1) is None


@pytest.mark.parametrize(("value", "text"), [(-0.0, "0.0"), (-0.04, "0.0"), (37.2, "37.2"), (36.95000076, "37.0")])
def test_floats_lose_their_noise_and_zero_its_sign(value: float, text: str) -> None:
    assert str(number(value, 1)) == text
