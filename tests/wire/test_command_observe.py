from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.domain.inputs import Observation
from edge_agent.domain.settings import SECOND
from edge_agent.wire.inbound import RequestError
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads.command_observe import read_observation
from firmware_bridges.vitals import VITALS
from tests.wire.examples import GOLDEN, NOW, SYNCED, UNSYNCED

COMMAND: dict[str, Any] = json.loads((GOLDEN / "inbound" / "command-observe.json").read_bytes())
BARE = {key: COMMAND[key] for key in ("schema", "request", "consumer", "expires_at", "bed", "person")}


def observe(command: dict[str, Any], stamp: Stamp = SYNCED) -> Observation:
    return read_observation(json.dumps(command).encode(), NOW, stamp)


def refused(command: dict[str, Any], stamp: Stamp = SYNCED) -> RequestError:
    with pytest.raises(RequestError) as error:
        observe(command, stamp)
    assert error.value.request == "obs-8"
    return error.value


def test_what_a_person_observed_becomes_an_input() -> None:
    assert observe(COMMAND) == Observation(
        bed="3",
        person="nurse-7",
        request="obs-8",
        received_at=NOW,
        observed_at=7_120 * SECOND + 500_000_000,
        vitals={"temperature": 372, "respiratory_rate": 18},
        consciousness="A",
        supplemental_oxygen=False,
        spo2_scale=2,
        spo2_target=(88, 92),
        prescriber="dr-2",
    )


@given(st.sampled_from(sorted(VITALS)), st.data())
def test_every_possible_value_of_every_vital_is_taken_exactly(code: str, data: st.DataObject) -> None:
    bounds, vital = PLAUSIBLE[code], VITALS[code]
    value = data.draw(st.integers(bounds.lowest, bounds.highest))
    written = f'{{"vital":"{code}","value":{vital.decimal(value)},"unit":"{vital.ucum}"}}'
    payload = json.dumps({**BARE, "vitals": 0}).replace('"vitals": 0', f'"vitals": [{written}]').encode()
    assert read_observation(payload, NOW, SYNCED).vitals == {code: value}


@given(st.sampled_from(sorted(VITALS)), st.sampled_from([-1, 1]), st.integers(1, 10**9))
def test_what_is_beyond_the_possible_is_refused_where_it_stands(code: str, side: int, by: int) -> None:
    bounds, vital = PLAUSIBLE[code], VITALS[code]
    value = vital.decimal(bounds.highest + by if side > 0 else bounds.lowest - by)
    good = {"vital": "spo2" if code != "spo2" else "heart_rate", "value": 90, "unit": "%" if code != "spo2" else "/min"}
    error = refused({**BARE, "vitals": [good, {"vital": code, "value": float(value), "unit": vital.ucum}]})
    assert error.pointer == "/vitals/1/value"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"vitals": [{"vital": "temperature", "value": 98.6, "unit": "[degF]"}]}, "/vitals/0/unit"),
        ({"vitals": [{"vital": "temperature", "value": 37.2, "unit": "cel"}]}, "/vitals/0/unit"),
        ({"vitals": [{"vital": "temperature", "value": "37.2", "unit": "Cel"}]}, "/vitals/0/value"),
        ({"vitals": [{"vital": "temperature", "value": True, "unit": "Cel"}]}, "/vitals/0/value"),
        ({"vitals": [{"vital": "temperature", "value": None, "unit": "Cel"}]}, "/vitals/0/value"),
        ({"vitals": [{"vital": "temperature", "value": 37.2}]}, "/vitals/0/unit"),
        ({"vitals": [{"vital": "temperature", "value": 37.2, "unit": "Cel", "site": "ear"}]}, "/vitals/0/site"),
        ({"vitals": [{"vital": "lactate", "value": 5, "unit": "mmol/L"}]}, "/vitals/0/vital"),
        ({"vitals": [{"vital": "spo2", "value": 90, "unit": "%"}] * 2}, "/vitals/1/vital"),
        ({"vitals": [{"vital": "spo2", "value": 90, "unit": "%"}] * 99}, "/vitals"),
        ({"consciousness": "alert"}, "/consciousness"),
        ({"supplemental_oxygen": 1}, "/supplemental_oxygen"),
        ({"spo2_scale": 3}, "/spo2_scale"),
        ({"spo2_scale": 2, "prescriber": None}, "/prescriber"),
        ({"spo2_scale": 2, "spo2_target": None}, "/spo2_target"),
        ({"person": "Anna Muster"}, "/person"),
        ({"patient": "Anna"}, "/patient"),
        ({"observed_at": "2026-09-21T16:15:00Z"}, "/observed_at"),
        ({"observed_at": "2026-09-21T16:12:00"}, "/observed_at"),
        ({"expires_at": "2026-09-21T16:13:20Z"}, "/expires_at"),
    ],
)
def test_what_is_wrong_is_refused_where_it_stands(changes: dict[str, object], pointer: str) -> None:
    assert refused(COMMAND | changes).pointer == pointer


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e999999999", "NaN", "Infinity"])
def test_no_number_is_too_monstrous_to_be_refused_at_once(number: str) -> None:
    vitals = f'[{{"vital":"spo2","value":{number},"unit":"%"}}]'
    payload = json.dumps({**BARE, "vitals": 0}).replace('"vitals": 0', f'"vitals": {vitals}').encode()
    with pytest.raises(RequestError):
        read_observation(payload, NOW, SYNCED)


def test_an_observation_of_nothing_is_refused() -> None:
    assert refused(BARE).why == "nothing was observed"


@pytest.mark.parametrize("one", [{"supplemental_oxygen": False}, {"consciousness": "U"}, {"spo2_scale": 1}])
def test_one_thing_is_enough(one: dict[str, object]) -> None:
    assert observe(BARE | one).vitals == {}


@pytest.mark.parametrize(("value", "scaled"), [(37.25, 373), (37.249, 372), (37.2, 372), (36.05, 361)])
def test_a_value_finer_than_the_vital_is_rounded_half_up(value: float, scaled: int) -> None:
    vitals = [{"vital": "temperature", "value": value, "unit": "Cel"}]
    assert observe({**BARE, "vitals": vitals}).vitals == {"temperature": scaled}


def test_a_clock_a_little_ahead_observes_now_and_no_clock_at_all_too() -> None:
    assert observe(COMMAND | {"observed_at": "2026-09-21T16:14:10Z"}).observed_at == NOW
    assert observe(COMMAND | {"observed_at": None}).observed_at == NOW
    assert observe(COMMAND | {"expires_at": "1999-01-01T00:00:00Z"}, UNSYNCED).observed_at == NOW


def test_the_bounds_told_are_decimals_a_person_reads() -> None:
    hot = [{"vital": "temperature", "value": 50, "unit": "Cel"}]
    assert "allowed: 24.0 to 46.0 Cel" in str(refused({**BARE, "vitals": hot}))
    assert Decimal("46.0") == VITALS["temperature"].decimal(PLAUSIBLE["temperature"].highest)
