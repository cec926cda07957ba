"""Ward words: how values, times and trends are said to a person."""

from __future__ import annotations

from edge_agent.domain.alerts import Evidence
from edge_agent.domain.settings import SECOND
from firmware_bridges.vitals import VITALS

NAMES = {
    "pulse": "Pulse",
    "spo2": "SpO2",
    "respiratory_rate": "Respiration",
    "systolic": "Systolic pressure",
    "diastolic": "Diastolic pressure",
    "mean_pressure": "Mean pressure",
    "temperature": "Temperature",
    "perfusion_index": "Perfusion index",
    "glucose": "Glucose",
    "weight": "Weight",
}
"""What a ward calls each quantity."""

_INPUTS = {"supplemental_oxygen": "oxygen"}

UNITS = {"/min": "/min", "%": "%", "mm[Hg]": "mmHg", "Cel": "°C", "mg/dL": "mg/dL", "kg": "kg"}
"""How a ward writes each UCUM unit."""


def in_text(name: str) -> str:
    """Return what a ward calls a quantity, or an input of a score, within a sentence."""
    said = {**NAMES, **_INPUTS}.get(name, name.replace("_", " "))
    return said if any(letter.isupper() for letter in said[1:]) else said[:1].lower() + said[1:]


def value_text(vital: str, value: int) -> str:
    """Return such as '86 %' or '37.2 °C'."""
    known = VITALS[vital]
    return f"{known.decimal(value)} {UNITS[known.ucum]}"


MINUTE, HOUR = 60, 3600
TREND = 2
"""The change, in units of the resolution, from which a movement is worth a word."""


def span_text(duration: int) -> str:
    """Return a duration in ns as '40 s', '12 min' or '3 h 05 min'; the unit changes at two of the larger."""
    seconds = duration // SECOND
    if seconds < 2 * MINUTE:
        return f"{seconds} s"
    if seconds < 2 * HOUR:
        return f"{seconds // MINUTE} min"
    return f"{seconds // HOUR} h {seconds % HOUR // MINUTE:02d} min"


def trend_text(evidence: Evidence) -> str:
    """Return ', was 95 %, falling' when the value moved by at least two units in the last minute, else ''."""
    if evidence.before is None or abs(evidence.value - evidence.before) < TREND:
        return ""
    direction = "falling" if evidence.value < evidence.before else "rising"
    return f", was {value_text(evidence.vital, evidence.before)}, {direction}"


def finding_text(evidence: Evidence, lasted: int) -> str:
    """Return such as 'SpO2 86 % for 40 s, was 95 %, falling'."""
    name = NAMES[VITALS[evidence.vital].quantity]
    lasting = f" for {span_text(lasted)}" if lasted >= SECOND else ""
    return f"{name} {value_text(evidence.vital, evidence.value)}{lasting}{trend_text(evidence)}"
