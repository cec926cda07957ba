"""The story is consistent data: it names beds and devices that are there, and promises only what can come in time."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.rules import GATEWAY_RULES, RULES
from edge_agent.bedside.scores import SCORES
from edge_agent.cli.main import main
from edge_agent.cli.stage.story import CONSEQUENCES, LENGTH_S, SPEED, STEPS, Event, consequences, playable, roles, steps
from edge_agent.simulator.scenario import Act
from firmware_bridges.families import FAMILIES


@given(st.integers(1, 16), st.floats(5, 500), st.floats(1, 100))
def test_only_what_fits_is_played_and_promised(beds: int, duration: float, speed: float) -> None:
    there = {"", *(role.bed for role in roles(beds))}
    played = steps(beds, duration)
    assert {step.bed for step in played} <= there
    assert [step.at_s for step in played] == sorted(step.at_s for step in played)
    events = [step.what for step in played]
    assert (Event.BROKER_DIES in events) == (Event.BROKER_RETURNS in events)
    for want in consequences(beds, duration, speed):
        assert want.bed in there
        assert want.due_s(speed) <= duration


def test_the_whole_story_fits_into_its_length() -> None:
    assert steps(4, LENGTH_S) == STEPS
    assert consequences(4, LENGTH_S, SPEED) == CONSEQUENCES


@pytest.mark.parametrize("beds", [1, 4, 16])
def test_every_role_has_a_bed_a_family_and_its_own_patient(beds: int) -> None:
    cast = roles(beds)
    assert [role.bed for role in cast] == [str(bed) for bed in range(1, beds + 1)]
    assert len({role.device for role in cast}) == beds
    assert len({role.patient(1).seed for role in cast}) == beds
    for role in cast:
        assert role.vitals <= {measure.vital for measure in FAMILIES[role.family].measures}


def test_every_promised_alert_is_one_of_the_agents_rules() -> None:
    known = {*RULES, *SCORES, *(rule.id for rule in GATEWAY_RULES)}
    assert {want.condition for want in CONSEQUENCES} <= known


def test_what_is_unplugged_is_plugged_in_again_and_a_probe_comes_back() -> None:
    acts = {(step.bed, step.what) for step in STEPS if isinstance(step.what, Act)}
    for off, on in ((Act.PROBE_OFF, Act.PROBE_ON), (Act.UNPLUG, Act.PLUG)):
        assert {bed for bed, act in acts if act is off} == {bed for bed, act in acts if act is on} != set()


@given(st.floats(1, 100))
def test_what_befalls_a_patient_lasts_long_enough_to_alert_at_any_speed(speed: float) -> None:
    for fate in (step.what for step in STEPS if not isinstance(step.what, (Act, Event))):
        course = fate(0, speed)
        tenths = range(int(10 * (600 / speed + 30)))
        worst = sum(course.level(tenth / 10 * speed) > 0.9 for tenth in tenths) / 10
        assert worst >= 5, "s by the wall: the delay to a high alert"


def test_every_step_has_something_to_say() -> None:
    assert all(step.caption.strip(": ") for step in STEPS)


def test_a_mixed_cast_has_the_families_in_turn_and_promises_what_they_can_measure() -> None:
    families = ("philips_intellivue", "nonin_df2", "masimo_ascii1")
    cast = roles(5, families)
    assert [role.family for role in cast] == [*families, *families[:2]]
    assert len({role.device for role in cast}) == 5
    promised = consequences(5, LENGTH_S, SPEED, families)
    assert [want for want in CONSEQUENCES if want not in promised] == [
        want for want in CONSEQUENCES if want.condition == "news2"
    ]
    assert consequences(4, LENGTH_S, SPEED, ("sensor_link",)) == CONSEQUENCES


def test_a_bed_may_have_what_shows_spo2_often_enough() -> None:
    assert {"sensor_link", "nonin_df8", "philips_intellivue", "drager_medibus"} <= {*playable()}
    assert not {"nonin_df13", "ge_s5_dri", "bluetooth_pulse_oximeter"} & {*playable()}
    result = CliRunner().invoke(main, ["demo", "--families", "nonin_df2,abacus"])
    assert result.exit_code == 2
    assert "abacus: not among" in result.output
