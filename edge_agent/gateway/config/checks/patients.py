"""Patients: the facts about a person agree with each other."""

from __future__ import annotations

from edge_agent.domain.settings import WardSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path

_PREGNANCY_YEARS = range(10, 61)
"""Ages at which `pregnant` is believed; outside of them one of the two facts is wrong."""


def check_patients(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of a pregnancy that age or sex contradict: one of the facts is wrong, and scores depend on all."""
    for index, bed in enumerate(ward.beds):
        path: Path = ("beds", index, "patient")
        person = bed.patient
        if not person.pregnant or not sheet.sound(path):
            continue
        if person.sex == "male":
            remedy = "correct one of the two facts"
            sheet.complain((*path, "pregnant"), "true for a male patient", "false, or sex: female", remedy)
        elif person.age_years is not None and person.age_years not in _PREGNANCY_YEARS:
            found = f"true at {person.age_years} years"
            allowed = f"{_PREGNANCY_YEARS[0]} to {_PREGNANCY_YEARS[-1]} years"
            sheet.complain((*path, "pregnant"), found, allowed, "correct one of the two facts")
