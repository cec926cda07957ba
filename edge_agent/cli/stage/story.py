"""What happens in the demonstration, as data: who lies where, what befalls them, which alerts must come of it.

Times are seconds by the wall since every bed was first seen. Patients may live faster (`speed`); nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

import msgspec

from edge_agent.domain.windows import Patient
from edge_agent.simulator.courses import Course, desaturation, deterioration, sepsis
from edge_agent.simulator.patients import VirtualPatient
from edge_agent.simulator.physiology import Resting
from edge_agent.simulator.scenario import Act
from firmware_bridges.bridge import Measure, Mode, SerialSettings
from firmware_bridges.families import FAMILIES

LENGTH_S = 45.0
"""The story's length; a longer demonstration goes on watching."""

SPEED = 20.0
"""How much faster than the wall the patients live, if nobody says otherwise."""

OUTAGE_S = 10.0
"""How long the broker is gone."""

SETTLING_S = 12.0
"""Time after the broker's return for the agent to try again and for what was kept to arrive."""


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A bed and who lies in it. `vitals`: what its device measures, empty for all its family can."""

    bed: str
    family: str
    vitals: frozenset[str] = frozenset()
    person: Patient
    resting: Resting
    past: tuple[Course, ...] = ()
    required: tuple[str, ...] = ("spo2",)

    @property
    def device(self) -> str:
        """Return the device's id."""
        return f"{_KINDS.get(self.family) or self.family.partition('_')[0]}-{self.bed}"

    @property
    def measured(self) -> frozenset[str]:
        """Return the vitals that the device measures."""
        return self.vitals or frozenset(measure.vital for measure in FAMILIES[self.family].measures)

    def patient(self, seed: int) -> VirtualPatient:
        """Return the patient; another seed is another life, another bed another patient."""
        return VirtualPatient(seed * 1000 + int(self.bed), self.person, self.resting, self.past)


_KINDS = {"contec_cms50_9byte": "oximeter", "contec_cms50_5byte": "oximeter", "sensor_link": "sensor"}


class Event(str, Enum):
    """What happens to the ward rather than to a bed."""

    BROKER_DIES = "the broker dies"
    BROKER_RETURNS = "the broker is back"
    BAD_CONFIG = "IT pushes a configuration with an SpO2 limit of 70 %"
    GOOD_CONFIG = "IT pushes a configuration with an SpO2 limit of 91 %"


Fate = Callable[[float, float], Course]
"""(begins_s, speed) -> a course that begins then, of patients who live `speed` times as fast as the wall."""

HELD_S = 6.0
"""A passing trouble lasts at least so long by the wall: less would rightly raise no alert."""


def getting_worse(begins_s: float, _speed: float) -> Course:
    """Return respiratory failure that stays."""
    return deterioration(begins_s)


def desaturating(begins_s: float, speed: float) -> Course:
    """Return a desaturation that passes."""
    return desaturation(begins_s, holds_s=max(120.0, HELD_S * speed))


class Step(msgspec.Struct, frozen=True):
    """One thing that happens `at_s`, told as `caption`: to a device, to a patient (a course begins), or to the ward."""

    at_s: float
    what: Act | Event | Fate
    bed: str = ""
    text: str = ""

    @property
    def caption(self) -> str:
        """Return what the audience is told."""
        text = self.text or (self.what.value if isinstance(self.what, Enum) else "")
        return f"BED {self.bed}: {text}" if self.bed else text


class Consequence(msgspec.Struct, frozen=True):
    """An alert that must reach the subscriber.

    At the latest `wall_s` by the wall and `patient_s` of the patient's time after `at_s`.
    """

    bed: str
    condition: str
    because: str
    at_s: float
    wall_s: float
    patient_s: float = 0

    def due_s(self, speed: float) -> float:
        """Return by when it must be there, s."""
        return self.at_s + self.wall_s + self.patient_s / speed


WEARABLE = frozenset({"spo2", "pulse_rate", "respiratory_rate"})
MONITOR = WEARABLE | {"systolic", "diastolic", "temperature"}

ROLES = (
    Role(
        bed="1",
        family="contec_cms50_9byte",
        person=Patient(age_years=81, sex="male"),
        resting=Resting(pulse=68, spo2=95, respiratory_rate=16, systolic=138),
    ),
    Role(
        bed="2",
        family="contec_cms50_5byte",
        person=Patient(age_years=34, sex="female"),
        resting=Resting(pulse=82, spo2=98),
    ),
    Role(
        bed="3",
        family="sensor_link",
        vitals=MONITOR,
        person=Patient(age_years=67, sex="female"),
        resting=Resting(pulse=84, spo2=97, respiratory_rate=16, systolic=131, temperature=36.5),
        past=(sepsis(-7 * 3600, onset_s=9 * 3600, share=0.85),),
    ),
    Role(
        bed="4",
        family="sensor_link",
        vitals=WEARABLE,
        person=Patient(age_years=55, sex="male"),
        resting=Resting(pulse=71, spo2=96, respiratory_rate=14),
    ),
)
"""The four beds of the story. Bed 1 has its pressure taken by hand, bed 3 a complete NEWS2."""

QUIET = (
    Role(
        bed="",
        family="contec_cms50_9byte",
        person=Patient(age_years=48, sex="female"),
        resting=Resting(pulse=74, spo2=97),
    ),
    Role(
        bed="",
        family="sensor_link",
        vitals=WEARABLE,
        person=Patient(age_years=72, sex="male"),
        resting=Resting(pulse=77, spo2=96, respiratory_rate=15),
    ),
    Role(
        bed="",
        family="philips_intellivue",
        person=Patient(age_years=63, sex="female"),
        resting=Resting(pulse=79, spo2=97, respiratory_rate=14, systolic=127),
    ),
    Role(
        bed="",
        family="nonin_df2",
        person=Patient(age_years=58, sex="male"),
        resting=Resting(pulse=70, spo2=96),
    ),
    Role(
        bed="",
        family="drager_medibus",
        person=Patient(age_years=69, sex="male"),
        resting=Resting(pulse=82, spo2=96, respiratory_rate=16),
    ),
    Role(
        bed="",
        family="masimo_ascii1",
        person=Patient(age_years=41, sex="female"),
        resting=Resting(pulse=73, spo2=98),
    ),
)
"""Who lies in the fifth bed and beyond, in turn; nothing happens to them."""


SLOWEST = 2_000_000_000
"""The longest a device of the demonstration may pause between two frames, ns: its limits of age are short."""


def playable() -> list[str]:
    """Return the families that the beds may have: serial ones that measure SpO2 all the time."""
    spo2 = Measure("spo2", Mode.CONTINUOUS)
    return sorted(
        name
        for name, family in FAMILIES.items()
        if isinstance(family.link, SerialSettings) and spo2 in family.measures and family.period <= SLOWEST
    )


def roles(beds: int, families: Sequence[str] = ()) -> tuple[Role, ...]:
    """Return the cast of a ward of `beds` beds, with devices of `families` in turn, if any are given."""
    more = (msgspec.structs.replace(QUIET[bed % len(QUIET)], bed=str(bed)) for bed in range(len(ROLES) + 1, beds + 1))
    cast = (*ROLES, *more)[:beds]
    if not families:
        return cast
    return tuple(
        msgspec.structs.replace(role, family=families[place % len(families)], vitals=frozenset())
        for place, role in enumerate(cast)
    )


STEPS = (
    Step(2, getting_worse, "3", "the patient gets worse"),
    Step(6, Act.PROBE_OFF, "2"),
    Step(9, Event.BAD_CONFIG),
    Step(12, Act.UNPLUG, "4"),
    Step(15, Event.GOOD_CONFIG),
    Step(18, Act.PROBE_ON, "2"),
    Step(21, Event.BROKER_DIES),
    Step(21.5, desaturating, "1", "the patient desaturates while nobody can be told"),
    Step(21 + OUTAGE_S, Event.BROKER_RETURNS),
    Step(35, Act.PLUG, "4"),
)
"""The story. Each line is said on the screen when it happens."""

CONSEQUENCES = (
    Consequence("3", "spo2-low", "the patient got worse", 2, 20, patient_s=300),
    Consequence("3", "news2", "the patient got worse", 2, 25, patient_s=300),
    Consequence("2", "not-monitored", "the probe fell off", 6, 12),
    Consequence("4", "not-monitored", "the cable was pulled", 12, 12),
    Consequence("4", "device-lost", "the cable was pulled", 12, 8),
    Consequence("1", "spo2-low", "the patient desaturated during the outage", 21.5, 20, patient_s=60),
    Consequence("", "broker-unreachable", "the broker died", 21, 23),
)
"""What must come of it, by event id, at the subscriber."""


def steps(beds: int, duration_s: float) -> tuple[Step, ...]:
    """Return the part of the story that fits: beds that are there, and an outage only if it can end in time."""
    there = {"", *(role.bed for role in roles(beds))}
    fitting = [step for step in STEPS if step.bed in there and step.at_s < duration_s]
    if not outage_fits(duration_s):
        fitting = [step for step in fitting if step.what not in (Event.BROKER_DIES, Event.BROKER_RETURNS)]
    return tuple(fitting)


def consequences(beds: int, duration_s: float, speed: float, families: Sequence[str] = ()) -> tuple[Consequence, ...]:
    """Return the alerts that the fitting part of the story must bring in time, of what the devices can measure."""
    there = {"": MONITOR} | {role.bed: role.measured for role in roles(beds, families)}
    due = (c for c in CONSEQUENCES if c.bed in there and c.due_s(speed) <= duration_s)
    due = (c for c in due if c.condition != "news2" or there[c.bed] >= MONITOR)
    return tuple(c for c in due if c.condition != "broker-unreachable" or outage_fits(duration_s))


def outage_fits(duration_s: float) -> bool:
    """Tell whether the outage and what comes after it fit into the time."""
    returns = next(step.at_s for step in STEPS if step.what is Event.BROKER_RETURNS)
    return duration_s >= returns + SETTLING_S
