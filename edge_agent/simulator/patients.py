"""Patients: anything that can be measured at a time. Virtual ones live here, recorded ones in `recordings`."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

import msgspec

from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Patient
from edge_agent.simulator.courses import Course
from edge_agent.simulator.physiology import Resting, vitals
from firmware_bridges.vitals import VITALS


class Measurable(Protocol):
    """Somebody in a bed. `person` is what the ward may know of them."""

    @property
    def person(self) -> Patient:
        """Return age and sex."""

    def sample(self, t_ns: int) -> dict[str, int]:
        """Return the vitals at `t_ns` of patient time by code, in units of their resolution; unknowns are absent."""


class VirtualPatient(msgspec.Struct, frozen=True):
    """A simulated person: the same seed gives the same life, however often and in what order it is sampled."""

    seed: int
    person: Patient = Patient(age_years=60, sex="female")
    resting: Resting = Resting()
    courses: tuple[Course, ...] = ()

    def sample(self, t_ns: int) -> dict[str, int]:
        """Return every vital that the physiology knows; a pulse counted by three means is one pulse."""
        body = vitals(self.resting, self.courses, self.seed, t_ns / SECOND)
        body["mean_pressure"] = (body["systolic"] + 2 * body["diastolic"]) / 3
        known = (vital for vital in VITALS.values() if vital.quantity in body)
        return {vital.code: vital.scaled(Decimal(body[vital.quantity])) for vital in known}
