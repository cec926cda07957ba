"""A virtual device speaks its family's real protocol: what it sends, the family's own bridge reads back."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations import PARTICULAR, STORES
from edge_agent.simulator.conversations.conversation import MOST_FRAMES
from edge_agent.simulator.conversations.greeted import greeting, keep_alive
from edge_agent.simulator.conversations.record_store import SETTLING
from edge_agent.simulator.courses import desaturation, deterioration
from edge_agent.simulator.devices import SPOT_INTERVAL, Faults, VirtualDevice
from edge_agent.simulator.patients import VirtualPatient
from firmware_bridges.bridge import SERIAL, Bridge, Mode, Sample, SerialSettings
from firmware_bridges.families import FAMILIES
from firmware_bridges.racp import CONTROL, report_all, report_newest
from firmware_bridges.vitals import Event, Identity, Malformed, Reading, Reason, Send, Validity

SERIAL_FAMILIES = sorted(name for name, family in FAMILIES.items() if isinstance(family.link, SerialSettings))
GREETED = sorted(name for name in SERIAL_FAMILIES if greeting(FAMILIES[name]) and name not in PARTICULAR)
KEPT_ALIVE = [name for name in GREETED if keep_alive(FAMILIES[name])]
TALKERS = [name for name in SERIAL_FAMILIES if name not in GREETED and name not in PARTICULAR]
SPOT_ONLY = ["nonin_df13"]
STEP = SECOND // 50


class Bench:
    """A device and the bridge that reads it, in virtual time. `calm`: the patient's time stands still at `moment`."""

    def __init__(self, name: str, patient: VirtualPatient, moment: int = 0) -> None:
        self.family = FAMILIES[name]
        self.device, self.bridge = VirtualDevice(self.family, patient, seed=1), self.family.bridge()
        self.moment, self.now = moment, 0
        self.events: list[Event] = []
        self._take(self.bridge.opened(0))

    def run(self, seconds: float) -> list[Event]:
        """Let time pass; return what the bridge said meanwhile."""
        before, end = len(self.events), self.now + int(seconds * SECOND)
        while self.now < end:
            for channel, data in self.device.frames(self.now, self.moment):
                self._take(self.bridge.receive(channel, data, self.now))
            due = self.bridge.next_deadline()
            if due is not None and due <= self.now:
                self._take(self.bridge.wake(self.now))
            self.now += STEP
        return self.events[before:]

    def _take(self, events: list[Event]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Send):
                self.device.hear(event.channel, event.data, self.now)


def greet(device: VirtualDevice, bridge: Bridge, now: int) -> None:
    """Let the bridge say to the device what it says to a real one."""
    for event in bridge.opened(now):
        if isinstance(event, Send):
            device.hear(event.channel, event.data, now)


def said(device: VirtualDevice, now: int, moment: int = 0) -> bytes:
    """Return what goes over the cable."""
    return b"".join(data for _, data in device.frames(now, moment))


def ready(name: str) -> tuple[VirtualDevice, Bridge]:
    """Return a greeted device of family `name` and the bridge that reads it."""
    bench = Bench(name, VirtualPatient(1))
    return bench.device, bench.bridge


def valid(events: list[Event]) -> dict[str, int | None]:
    """Return the last valid value of each vital."""
    readings = (event for event in events if isinstance(event, Reading))
    return {reading.vital: reading.value for reading in readings if reading.validity is Validity.VALID}


def measured(events: list[Event]) -> int:
    """Return how many frames gave an SpO2."""
    return len([event for event in events if isinstance(event, Reading) and event.vital == "spo2"])


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
@given(seed=st.integers(0, 2**32), minute=st.integers(0, 30))
@settings(max_examples=8, deadline=None)
def test_what_is_measured_is_what_is_read(name: str, seed: int, minute: int) -> None:
    patient = VirtualPatient(seed, courses=(deterioration(120), desaturation(600)))
    bench = Bench(name, patient, minute * 60 * SECOND)
    events = bench.run(7)
    assert not [event for event in events if isinstance(event, Malformed)]
    expected = patient.sample(bench.moment)
    assert valid(events) == {measure.vital: expected[measure.vital] for measure in bench.family.measures}


@pytest.mark.parametrize("name", [name for name in SERIAL_FAMILIES if name not in SPOT_ONLY])
def test_frames_come_at_the_familys_rate(name: str) -> None:
    bench = Bench(name, VirtualPatient(1))
    bench.run(12)
    frames = measured(bench.run(20))
    expected = 20 * SECOND / bench.family.period
    assert abs(frames - expected) <= max(1, expected / 10)


@pytest.mark.parametrize("name", TALKERS)
def test_after_a_long_pause_the_past_is_not_sent(name: str) -> None:
    device, bridge = ready(name)
    period = device.family.period
    bridge.receive(SERIAL, said(device, 10 * period), 0)
    read = bridge.receive(SERIAL, said(device, 10**6 * period), 0)
    assert MOST_FRAMES - 10 <= measured(read) <= MOST_FRAMES + 1


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_with_the_probe_off_nothing_valid_is_sent(name: str) -> None:
    bench = Bench(name, VirtualPatient(1))
    bench.device.faults = Faults(conditions=frozenset({Reason.SENSOR_OFF}))
    events = bench.run(12)
    assert "spo2" not in valid(events)


def test_a_cuff_measures_now_and_then_and_an_oximeter_always() -> None:
    device = VirtualDevice(FAMILIES["sensor_link"], VirtualPatient(1), seed=1)
    bridge = device.family.bridge()
    counts = Counter[str]()
    for second in range(1801):
        events = bridge.receive(SERIAL, said(device, second * SECOND, second * SECOND), second * SECOND)
        counts.update(event.vital for event in events if isinstance(event, Reading))
    assert counts["spo2"] == 1801
    assert counts["systolic"] == 1801 * SECOND // SPOT_INTERVAL + 1 == 3


def test_a_device_for_single_measurements_sends_one_when_it_has_measured() -> None:
    bench = Bench("nonin_df13", VirtualPatient(1))
    assert Mode.CONTINUOUS not in {measure.mode for measure in bench.family.measures}
    assert measured(bench.run(30)) == 1
    bench.device.measure_now()
    assert measured(bench.run(30)) == 1
    bench.moment = SPOT_INTERVAL
    assert measured(bench.run(30)) == 1


def test_a_unit_may_measure_less_than_its_family_can() -> None:
    family = FAMILIES["sensor_link"]
    device = VirtualDevice(family, VirtualPatient(1), seed=1, vitals=frozenset({"spo2", "systolic"}))
    events = family.bridge().receive(SERIAL, said(device, 0), 0)
    assert {event.vital for event in events if isinstance(event, Reading)} == {"spo2", "systolic"}


@pytest.mark.parametrize("name", SERIAL_FAMILIES)
def test_a_stalled_device_says_nothing_and_goes_on_afterwards(name: str) -> None:
    bench = Bench(name, VirtualPatient(1))
    assert valid(bench.run(12))
    bench.device.faults.stalled = True
    assert not [event for event in bench.run(20) if not isinstance(event, Send)]
    bench.device.faults.stalled = False
    bench.device.measure_now()
    assert valid(bench.run(14))


@pytest.mark.parametrize("name", TALKERS)
def test_the_same_seed_garbles_the_same_bits(name: str) -> None:
    def noisy() -> bytes:
        device, _ = ready(name)
        device.faults.garble = 0.2
        return said(device, 0)

    clean, _ = ready(name)
    assert noisy() == noisy() != said(clean, 0)


@pytest.mark.parametrize("name", GREETED)
def test_a_device_that_must_be_asked_is_silent_until_it_is(name: str) -> None:
    family = FAMILIES[name]
    device, bridge = VirtualDevice(family, VirtualPatient(1), seed=1), family.bridge()
    assert device.frames(0, 0) == []
    device.hear(SERIAL, b"\x7d\x81", 0)
    assert device.frames(0, 0) == []
    greet(device, bridge, 0)
    assert device.frames(0, 0)
    device.unplugged()
    assert device.frames(family.period, 0) == []


@pytest.mark.parametrize("name", sorted({*PARTICULAR} - {*SPOT_ONLY, *STORES}))
def test_a_device_that_obeys_is_silent_until_it_is_asked_and_after_the_cable_was_out(name: str) -> None:
    device = VirtualDevice(FAMILIES[name], VirtualPatient(1), seed=1)
    assert [device.frames(second * SECOND, 0) for second in range(10)] == [[]] * 10
    bench = Bench(name, VirtualPatient(1))
    assert valid(bench.run(12))
    bench.device.unplugged()
    assert [bench.device.frames(bench.now + second * SECOND, 0) for second in range(10)] == [[]] * 10


@pytest.mark.parametrize("name", KEPT_ALIVE)
def test_a_device_whose_host_falls_silent_stops_and_one_that_is_kept_alive_goes_on(name: str) -> None:
    bench = Bench(name, VirtualPatient(1))
    bench.run(60)
    assert measured(bench.run(1))
    lonely, _ = ready(name)
    assert lonely.frames(0, 0)
    assert lonely.frames(60 * SECOND, 0) == []


def test_a_monitor_that_was_asked_once_goes_on_and_an_oximeter_wants_to_be_kept_alive() -> None:
    assert "contec_cms50_9byte" in KEPT_ALIVE
    device, _ = ready("ge_s5_dri")
    assert device.frames(5 * SECOND, 0)
    assert device.frames(3600 * SECOND, 0)


@pytest.mark.parametrize("name", ["masimo_ascii1", "nellcor_ascii", "sensor_link", "drager_medibus"])
def test_another_unit_of_the_kind_says_that_it_is_another(name: str) -> None:
    bench = Bench(name, VirtualPatient(1))
    [first] = [event for event in bench.run(8) if isinstance(event, Identity)]
    bench.device.exchange()
    bench.bridge.closed(bench.now)
    greet(bench.device, bench.bridge, bench.now)
    [other] = [event for event in bench.run(8) if isinstance(event, Identity)]
    assert (first.model, first.serial) != (other.model, other.serial)


@pytest.mark.parametrize("name", STORES)
def test_a_device_with_a_memory_tells_it_first_and_what_it_measures_once_the_connection_has_settled(name: str) -> None:
    family = FAMILIES[name]
    device = VirtualDevice(family, VirtualPatient(1), seed=1)
    assert device.frames(0, 0) == []
    device.hear(CONTROL, report_all(), SECOND)
    *told, response = device.frames(SECOND, 0)
    assert {channel for channel, _ in told} == {family.encoder().encode(Sample())[0][0]}
    assert response == (CONTROL, bytes((6, 0, 1, 1)))
    assert device.frames(SETTLING - 1, 0) == []
    live = device.frames(SETTLING, 0)
    assert len(live) == 1
    device.unplugged()
    device.hear(CONTROL, report_newest(), 10 * SECOND)
    assert device.frames(10 * SECOND, 0)[0] == live[0]
