"""Recordings of this agent as training data: the hourly windows behind every score that was asked for, as one table.

A recording is replayed, so what comes out is what the ward saw then. It has the present minutes and, in each window, up
to 36 h before them; recordings of one bed are joined by the agent's own clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from edge_agent.domain.effects import RiskWanted
from edge_agent.domain.windows import HOURS, QUANTITIES, Patient, Window
from edge_agent.gateway.recorder import SUFFIX
from edge_agent.gateway.replay import header, replay
from edge_agent.risk.features import STEP
from training.hourly import COLUMNS

MINUTE = 60 * 10**9
"""In nanoseconds, as the agent's times are."""

GENDER = {"female": 0, "male": 1}

_WANTED = b'"type":"risk-wanted"'


_SAYS_WHO = (b'"type":"alerts"', b'"type":"score"', b'"type":"vitals"')
"""Effects that tell the stay's pseudonymous token with the bed."""


class Whose(NamedTuple):
    """One stay (its pseudonymous token, "" where nobody gave one) in one bed during one run of the agent."""

    run: str
    bed: str
    encounter: str
    patient: Patient


class Told(msgspec.Struct):
    """Who is in which bed, of an effect that says more."""

    bed: str
    encounter: str = ""


Hours = dict[int, tuple[int | None, ...]]
"""The medians in the order of `QUANTITIES` by the hour, counted from any one."""


def write(folder: Path, out: Path) -> int:
    """Write the hours of every recording below `folder` as a Parquet file for training and return their number.

    Raises AgentError for a recording that cannot be read.
    """
    stays: dict[Whose, Hours] = {}
    anchors: dict[Whose, int] = {}
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        run = header(path).run
        for encounter, asked in _asked(path):
            whose = Whose(run, asked.bed, encounter, asked.window.patient)
            minutes = asked.at // MINUTE - asked.window.minutes_into_hour
            last = round((minutes - anchors.setdefault(whose, minutes)) / 60)
            stays.setdefault(whose, {}).update(_hours(asked.window, last))
    rows = [row for whose, hours in stays.items() for row in _rows(whose, hours)]
    pq.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA), out)
    return len(rows)


def _asked(path: Path) -> Iterator[tuple[str, RiskWanted]]:
    """Yield every request for a score in a recording, with the token of the stay that it is about."""
    here: dict[str, str] = {}
    for step in replay(path):
        for line in step.effects.splitlines():
            if any(tag in line for tag in _SAYS_WHO):
                told = msgspec.json.decode(line, type=Told)
                here[told.bed] = told.encounter
            elif _WANTED in line:
                asked = msgspec.json.decode(line, type=RiskWanted)
                yield here.get(asked.bed, ""), asked


def _hours(window: Window, last: int) -> Hours:
    """Return the hours of `window` that have any value; its last row is hour `last`."""
    values = zip(*(window.medians.get(quantity, (None,) * HOURS) for quantity in QUANTITIES), strict=True)
    rows = list(values)
    return {last - len(rows) + 1 + row: hour for row, hour in enumerate(rows) if any(v is not None for v in hour)}


def _rows(whose: Whose, hours: Hours) -> Iterator[dict[str, Any]]:
    """Yield a stay's rows in the form of the public files, hours counted from 1."""
    for hour in sorted(hours):
        values = zip(QUANTITIES, hours[hour], strict=True)
        yield {
            "patient": "/".join(map(str, (*whose[:3], whose.patient.age_years, whose.patient.sex))),
            "ICULOS": hour - min(hours) + 1,
            "Age": whose.patient.age_years,
            "Gender": GENDER.get(whose.patient.sex or ""),
            **{COLUMNS[name]: None if value is None else value * STEP[name] for name, value in values},
        }


_SCHEMA = pa.schema(
    [
        ("patient", pa.string()),
        ("ICULOS", pa.int64()),
        *((name, pa.float64()) for name in ("Age", "Gender", *COLUMNS.values())),
    ]
)
