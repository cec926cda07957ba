"""A virtual device speaks its family's real protocol: what it sends, the family's own bridge reads back."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.courses import desaturation, deterioration
from edge_agent.simulator.devices import MOST_FRAMES, SPOT_INTERVAL, Faults, VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from firmware_bridges.bridge import SERIAL, Bridge, Family, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Event, Malformed, Reading, Reason, Send, Validity

SERIAL_FAMILIES = sorted(name for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings))
GREETED = sorted(
    name for name in SERIAL_FAMILIES if any(isinstance(e, Send) for e in FAMILIES[name].bridge().opened(0))
)
KEPT_ALIVE = [name for name in GREETED if VirtualDevice(FAMILIES[name], VirtualPatient(1), seed=1).kept_alive]


def greet(device: VirtualDevice, bridge: Bridge, now: int) -> None:
    """Let the bridge say to the device what it says to a real one."""
    for event in bridge.opened(now):
        if isinstance(event, Send):
            device.hear(event.data, now)


def ready(name: str, patient: VirtualPatient) -> tuple[Family, VirtualDevice, Bridge]:
    """Return a greeted device of family `name` and the bridge that reads it."""
    family = FAMILIES[name]
    device, bridge = VirtualDevice(family, patient, seed=1), family.bridge()
    greet(device, bridge, 0)
    return family, device, bridge


def valid(readings: list[Reading]) -> dict[str, int | None]:
    """Return the last valid value of each vital."""
    return {reading.vital: reading.value for reading in readings if reading.validity is Validity.VALID}


def measured(events: list[Event]) -> int:
    """Return how many frames gave an SpO2."""
    return len([event for event in events if isinstance(event, Reading) and event.vital == "spo2"])


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
@given(seed=st.integers(0, 2**32), minute=st.integers(0, 30))
@settings(max_examples=40)
def test_what_is_measured_is_what_is_read(name: str, seed: int, minute: int) -> None:
    patient = VirtualPatient(seed, courses=(deterioration(120), desaturation(600)))
    family, device, bridge = ready(name, patient)
    moment = minute * 60 * SECOND
    readings = []
    for now in range(0, 10 * family.period, family.period):
        events = bridge.receive(SERIAL, device.frames(now, moment), now)
        assert not [event for event in events if isinstance(event, Malformed)]
        readings += [event for event in events if isinstance(event, Reading)]
    expected = patient.sample(moment)
    assert valid(readings) == {measure.vital: expected[measure.vital] for measure in family.measures}


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_frames_come_at_the_familys_rate(name: str) -> None:
    family, device, bridge = ready(name, VirtualPatient(1))
    first = device.frames(0, 0)
    assert first
    assert device.frames(family.period - 1, 0) == b""
    bridge.receive(SERIAL, first + device.frames(9 * family.period, 0), 0)
    assert measured(bridge.receive(SERIAL, device.frames(19 * family.period, 0), 0)) == 10


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_after_a_long_pause_the_past_is_not_sent(name: str) -> None:
    family, device, bridge = ready(name, VirtualPatient(1))
    bridge.receive(SERIAL, device.frames(10 * family.period, 0), 0)
    device.hear(b"\0", 10**6 * family.period)
    read = bridge.receive(SERIAL, device.frames(10**6 * family.period, 0), 0)
    assert MOST_FRAMES - 10 <= measured(read) <= MOST_FRAMES + 1


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_with_the_probe_off_nothing_valid_is_sent(name: str) -> None:
    _, device, bridge = ready(name, VirtualPatient(1))
    family = device.family
    device.faults = Faults(conditions=frozenset({Reason.SENSOR_OFF}))
    readings = []
    for now in range(0, 10 * family.period, family.period):
        events = bridge.receive(SERIAL, device.frames(now, 0), now)
        readings += [event for event in events if isinstance(event, Reading)]
    assert "spo2" not in valid(readings)


def test_a_cuff_measures_now_and_then_and_an_oximeter_always() -> None:
    family, device = FAMILIES["sensor_link"], VirtualDevice(FAMILIES["sensor_link"], VirtualPatient(1), seed=1)
    bridge = family.bridge()
    counts = Counter[str]()
    for second in range(1801):
        events = bridge.receive(SERIAL, device.frames(second * SECOND, second * SECOND), second * SECOND)
        counts.update(event.vital for event in events if isinstance(event, Reading))
    assert counts["spo2"] == 1801
    assert counts["systolic"] == 1801 * SECOND // SPOT_INTERVAL + 1 == 3


def test_a_unit_may_measure_less_than_its_family_can() -> None:
    family = FAMILIES["sensor_link"]
    device = VirtualDevice(family, VirtualPatient(1), seed=1, vitals=frozenset({"spo2", "systolic"}))
    events = family.bridge().receive(SERIAL, device.frames(0, 0), 0)
    assert {event.vital for event in events if isinstance(event, Reading)} == {"spo2", "systolic"}


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_stalled_device_says_nothing_and_goes_on_afterwards(name: str) -> None:
    family, device, _ = ready(name, VirtualPatient(1))
    assert device.frames(0, 0)
    device.faults.stalled = True
    assert device.frames(20 * family.period, 0) == b""
    device.faults.stalled = False
    assert device.frames(20 * family.period, 0)


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_the_same_seed_garbles_the_same_bits(name: str) -> None:
    def noisy() -> bytes:
        _, device, _ = ready(name, VirtualPatient(1))
        device.faults.garble = 0.2
        return device.frames(0, 0)

    _, clean, _ = ready(name, VirtualPatient(1))
    assert noisy() == noisy() != clean.frames(0, 0)


@pytest.mark.parametrize("name", GREETED)
def test_a_device_that_must_be_asked_is_silent_until_it_is(name: str) -> None:
    family = FAMILIES[name]
    device, bridge = VirtualDevice(family, VirtualPatient(1), seed=1), family.bridge()
    assert device.frames(0, 0) == b""
    device.hear(b"\x7d\x81", 0)
    assert device.frames(0, 0) == b""
    greet(device, bridge, 0)
    assert device.frames(0, 0)
    device.unplugged()
    assert device.frames(family.period, 0) == b""


def test_a_monitor_that_was_asked_once_goes_on_and_an_oximeter_wants_to_be_kept_alive() -> None:
    assert "ge_s5_dri" not in KEPT_ALIVE
    assert "contec_cms50_9byte" in KEPT_ALIVE
    _, device, _ = ready("ge_s5_dri", VirtualPatient(1))
    assert device.frames(0, 0)
    assert device.frames(3600 * SECOND, 0)


@pytest.mark.parametrize("name", KEPT_ALIVE)
def test_a_device_whose_host_falls_silent_stops_and_one_that_is_kept_alive_goes_on(name: str) -> None:
    _, device, bridge = ready(name, VirtualPatient(1))
    _, lonely, _ = ready(name, VirtualPatient(1))
    now = 0
    while now < 60 * SECOND:
        deadline = bridge.next_deadline()
        assert deadline is not None
        now = deadline
        bridge.receive(SERIAL, device.frames(now, 0), now)
        for event in bridge.wake(now):
            if isinstance(event, Send):
                device.hear(event.data, now)
    assert device.frames(now + SECOND, 0)
    assert lonely.frames(now + SECOND, 0) == b""
