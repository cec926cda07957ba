"""What happens to one simulated bed, as data: courses of its patient and acts upon its device."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum

import msgspec

from edge_agent.simulator.courses import Course, desaturation, deterioration, sepsis
from edge_agent.simulator.devices import Faults, VirtualDevice
from edge_agent.simulator.ports import Medium
from firmware_bridges.vitals import Reason


class Act(str, Enum):
    """What somebody can do to a device."""

    PROBE_OFF = "the probe falls off"
    PROBE_ON = "the probe is put back on"
    UNPLUG = "the cable is pulled"
    PLUG = "the cable is plugged in again"
    MEASURE = "cuff and thermometer measure"
    GARBLE = "the line is disturbed"
    STALL = "the device hangs"
    EXCHANGE = "another device of the kind is put in its place"
    RECOVER = "the device is well again"


class Step(msgspec.Struct, frozen=True):
    """One act, `at_s` seconds after the beginning, by the wall."""

    at_s: float
    act: Act


class Scenario(msgspec.Struct, frozen=True):
    """A patient's courses, in s of patient time, and what happens to the device, in s by the wall."""

    title: str
    courses: tuple[Course, ...] = ()
    steps: tuple[Step, ...] = ()


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return steps by their time, those of one moment as they came."""
    return tuple(sorted(steps, key=lambda step: step.at_s))


SCENARIOS = {
    "calm": Scenario("nothing happens"),
    "desaturation": Scenario("SpO2 falls quickly after a minute, and comes back", (desaturation(60),)),
    "deterioration": Scenario("respiratory failure from the first minute on", (deterioration(60),)),
    "sepsis": Scenario("a sepsis-like drift over six hours", (sepsis(60),)),
    "probe-off": Scenario("the probe is off for 30 s", (), (Step(20, Act.PROBE_OFF), Step(50, Act.PROBE_ON))),
    "unplug": Scenario("the cable is out for 30 s", (), (Step(20, Act.UNPLUG), Step(50, Act.PLUG))),
    "garbled": Scenario("the line is disturbed for 30 s", (), (Step(20, Act.GARBLE), Step(50, Act.RECOVER))),
    "stall": Scenario("the device hangs for 30 s", (), (Step(20, Act.STALL), Step(50, Act.RECOVER))),
}
"""What `edge-agent simulate --scenario` can play."""

MISBEHAVIOURS = {
    "garble": Act.GARBLE,
    "stall": Act.STALL,
    "sensor-off": Act.PROBE_OFF,
    "disconnect": Act.UNPLUG,
    "wrong-identity": Act.EXCHANGE,
    "recover": Act.RECOVER,
}
"""What `edge-agent simulate --misbehave` can order, `recover` to end it."""

DISTURBED = 0.05
"""Share of bytes with a flipped bit on a disturbed line, or of Bluetooth values that are cut short."""


def _set(device: VirtualDevice, faults: Faults) -> None:
    device.faults = faults


def _exchange(device: VirtualDevice, port: Medium) -> None:
    port.unplug()
    device.exchange()
    port.plug()


def _recover(device: VirtualDevice, port: Medium) -> None:
    _set(device, Faults())
    port.plug()


_DONE: dict[Act, Callable[[VirtualDevice, Medium], None]] = {
    Act.PROBE_OFF: lambda device, _: _set(device, Faults(conditions=frozenset({Reason.SENSOR_OFF}))),
    Act.PROBE_ON: lambda device, _: _set(device, Faults()),
    Act.MEASURE: lambda device, _: device.measure_now(),
    Act.GARBLE: lambda device, _: _set(device, Faults(garble=DISTURBED)),
    Act.STALL: lambda device, _: _set(device, Faults(stalled=True)),
    Act.EXCHANGE: _exchange,
    Act.RECOVER: _recover,
    Act.UNPLUG: lambda _, port: port.unplug(),
    Act.PLUG: lambda _, port: port.plug(),
}


def perform(act: Act, device: VirtualDevice, port: Medium) -> None:
    """Do `act` to a device and its cable."""
    _DONE[act](device, port)
