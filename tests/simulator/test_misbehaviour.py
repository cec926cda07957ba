"""What a device does wrong shows as what it is, and no wrong value is ever shown as live. Serial, real ward."""

from __future__ import annotations

import pytest

from edge_agent.domain.effects import LinkState
from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import SECOND
from edge_agent.simulator.orders import loses_its_sensor, orders, says_who_it_is
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.rehearsal import rehearse
from edge_agent.simulator.scenario import MISBEHAVIOURS, Act, Step
from firmware_bridges.bridge import Family, Mode, Sample, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import DeviceStatus, Reason
from tests.simulator.bedside import Bedside

SERIAL = {name: family for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings)}
CONTINUOUS = [f for f in SERIAL.values() if any(measure.mode is Mode.CONTINUOUS for measure in f.measures)]
IDENTIFIED = [family for family in SERIAL.values() if says_who_it_is(family)]
SENSED = [family for family in CONTINUOUS if loses_its_sensor(family)]
PATIENT = VirtualPatient(1)
TRUTH = PATIENT.sample(0)
SETTLED_S = 12.0
STALE_S = 12.0
every_family = pytest.mark.parametrize("family", SERIAL.values(), ids=list(SERIAL))
every_continuous_family = pytest.mark.parametrize("family", CONTINUOUS, ids=[family.name for family in CONTINUOUS])


def settled(family: Family) -> Bedside:
    """Return a bed that is being seen."""
    bed = Bedside(family, PATIENT)
    bed.run(SETTLED_S)
    assert bed.link() is LinkState.STREAMING
    assert "spo2" in bed.live()
    assert {"spo2", "pulse_rate"} & {measure.vital for measure in family.measures} <= bed.live().keys()
    return bed


def nothing_wrong(bed: Bedside) -> None:
    """Assert that whatever was shown as live was so."""
    assert bed.live() == {vital: {TRUTH[vital]} for vital in bed.live()}


def says_so(family: Family) -> bool:
    """Tell whether a device of the family says in words that its sensor is off; with others the value is missing."""
    values = dict.fromkeys((measure.vital for measure in family.measures), 60)
    events = rehearse(family, Sample(values, frozenset({Reason.SENSOR_OFF})))
    said = {reason for event in events if isinstance(event, DeviceStatus) for reason in event.conditions}
    return bool(said & {Reason.SENSOR_OFF, Reason.SENSOR_DISCONNECTED})


def unseen(bed: Bedside) -> None:
    """Assert that the bed says so, and shows no SpO2."""
    now = bed.bench.now
    bed.run(STALE_S)
    assert bed.bench.present("not-monitored")
    assert "spo2" not in bed.live(now + int((STALE_S - 1) * SECOND))


@every_family
def test_a_disturbed_line_costs_values_and_makes_none(family: Family) -> None:
    bed = settled(family)
    for seed in range(3):
        bed.device._random.seed(seed)
        bed.act(Act.GARBLE)
        bed.device.measure_now()
        bed.run(20)
    nothing_wrong(bed)
    bed.act(Act.RECOVER)
    bed.device.measure_now()
    bed.run(SETTLED_S)
    assert "spo2" in bed.live(bed.bench.now - SECOND)
    nothing_wrong(bed)


@every_continuous_family
def test_a_device_that_hangs_is_quiet_and_its_bed_is_not_monitored(family: Family) -> None:
    bed = settled(family)
    bed.act(Act.STALL)
    bed.run(1)
    unseen(bed)
    assert bed.link() is LinkState.QUIET
    bed.act(Act.RECOVER)
    bed.run(STALE_S + SETTLED_S)
    assert not bed.bench.present("not-monitored")
    nothing_wrong(bed)


@pytest.mark.parametrize("family", SENSED, ids=[family.name for family in SENSED])
def test_a_sensor_that_is_off_is_said_and_shows_no_value(family: Family) -> None:
    bed = settled(family)
    bed.act(Act.PROBE_OFF)
    bed.run(6)
    unseen(bed)
    assert bool(bed.bench.present("sensor-off-link1")) == says_so(family)
    bed.act(Act.PROBE_ON)
    bed.run(STALE_S)
    assert not bed.bench.present("sensor-off-link1")
    nothing_wrong(bed)


@every_family
def test_a_pulled_cable_is_a_lost_device(family: Family) -> None:
    bed = settled(family)
    bed.act(Act.UNPLUG)
    bed.run(4)
    assert bed.link() is LinkState.LOST
    assert bed.bench.present("device-lost-link1")
    bed.act(Act.RECOVER)
    bed.run(SETTLED_S)
    assert not bed.bench.present("device-lost-link1")
    assert bed.link() is LinkState.STREAMING
    nothing_wrong(bed)


@pytest.mark.parametrize("family", IDENTIFIED, ids=[family.name for family in IDENTIFIED])
def test_another_device_in_the_place_of_one_says_who_it_is(family: Family) -> None:
    bed = settled(family)
    bed.run(30)
    bed.act(Act.EXCHANGE)
    bed.run(30)
    known = {(report.model, report.serial) for report in bed.reports()} - {("", "")}
    assert len(known) == 2


@pytest.mark.parametrize("order", MISBEHAVIOURS)
def test_an_order_is_a_kind_and_a_time(order: str) -> None:
    family = FAMILIES["sensor_link"]
    assert orders(family, [f"{order}@2.5", order]) == (Step(0, MISBEHAVIOURS[order]), Step(2.5, MISBEHAVIOURS[order]))


@pytest.mark.parametrize("order", ["explode", "stall@", "stall@soon", "stall@-1", "stall@inf", "stall@nan", "@3", ""])
def test_what_is_no_order_is_refused(order: str) -> None:
    with pytest.raises(AgentError, match="is no order"):
        orders(FAMILIES["sensor_link"], [order])


def test_what_a_family_cannot_do_is_refused() -> None:
    with pytest.raises(AgentError, match="sensor is off"):
        orders(FAMILIES["bluetooth_weight_scale"], ["sensor-off@3"])
    with pytest.raises(AgentError, match="who it is"):
        orders(FAMILIES["nonin_df8"], ["wrong-identity"])
