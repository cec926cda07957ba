"""Hourly charts (PhysioNet 2019): every value a spot observation, counted for scores and risk alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.bedside.quality import PLAUSIBLE
from edge_agent.bedside.scores import SCORES
from edge_agent.cli.load.playing import Played, Run, Source
from edge_agent.domain.errors import AgentError
from edge_agent.domain.inputs import Observation
from edge_agent.domain.settings import LIMIT_RULES, SECOND, Bed
from edge_agent.domain.windows import Patient
from firmware_bridges.vitals import VITALS

HOUR = 3600
COLUMNS = {
    "HR": "heart_rate",
    "O2Sat": "spo2",
    "Temp": "temperature",
    "SBP": "systolic",
    "Resp": "respiratory_rate",
}
STAY, AT = "patient", "ICULOS"
COUNTED = (*SCORES, "risk")
"""Conditions that hourly values can show; limits are for those who measure more often."""

Row = Mapping[str, Any]


class Chart(msgspec.Struct, frozen=True):
    """One stay: values by hour, in units of their resolution."""

    name: str
    person: Patient
    hours: tuple[tuple[int, dict[str, int]], ...]

    def play(self, run: Run) -> Played:
        """Let somebody observe what was charted, on the hour."""
        off = {rule: msgspec.structs.replace(each.default, enabled=False) for rule, each in LIMIT_RULES.items()}
        run.settings = msgspec.structs.replace(run.settings, limits=off)
        run.begin(Bed(id="1", required=(), patient=self.person), {})
        for hour, vitals in self.hours:
            run.until(run.start + hour * HOUR * SECOND)
            run.give(_charted(hour, run.now, vitals))
        last = self.hours[-1][0] + 1
        run.until(run.start + last * HOUR * SECOND)
        return Played(last * HOUR)


def _charted(hour: int, now: int, vitals: dict[str, int]) -> Observation:
    return Observation(bed="1", person="chart", request=f"hour-{hour}", received_at=now, observed_at=now, vitals=vitals)


def charts(path: Path, at_most: int | None = None) -> Iterator[Source]:
    """Yield the stays of a file of hourly rows, in its order; nothing for a file of another kind."""
    for taken, (stay, rows) in enumerate(groupby(_rows(path), key=lambda row: row[STAY])):
        if taken == at_most:
            return
        try:
            yield _chart(f"{path.name.partition('.')[0]}-{stay}", list(rows))
        except (ValueError, InvalidOperation) as error:
            raise AgentError(f"{path}: {STAY} {stay}: a cell is no number ({error})") from error


def _rows(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
    elif path.suffix == ".csv":
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            if {STAY, AT} <= set(reader.fieldnames or ()):
                yield from reader


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415 - an extra: only who plays Parquet needs it
    except ImportError:
        raise AgentError(
            f"{path}: reading Parquet needs pyarrow (pip install pyarrow), or save the file as CSV"
        ) from None
    try:
        file = parquet.ParquetFile(path)
    except ArrowInvalid as error:
        raise AgentError(f"{path}: cannot be read as Parquet ({error})") from error
    if not {STAY, AT} <= set(file.schema.names):
        raise AgentError(f"{path}: an hourly chart has the columns {STAY}, {AT} and {', '.join(COLUMNS)}")
    for batch in file.iter_batches():
        yield from batch.to_pylist()


def _chart(name: str, rows: list[Row]) -> Chart:
    first = int(rows[0][AT])
    values = ((int(row[AT]) - first, _values(row)) for row in rows)
    age = rows[0].get("Age")
    person = Patient(age_years=int(float(age)) if age not in (None, "") else None)
    return Chart(name, person, tuple((hour, vitals) for hour, vitals in values if vitals) or ((0, {}),))


def _values(row: Row) -> dict[str, int]:
    """Return the row's possible values: what cannot be is not charted."""
    found = {}
    for column, code in COLUMNS.items():
        cell = row.get(column)
        number = Decimal("NaN" if cell in (None, "") else str(cell))
        if not number.is_finite():
            continue
        value, bounds = VITALS[code].scaled(number), PLAUSIBLE[code]
        if bounds.lowest <= value <= bounds.highest:
            found[code] = value
    return found
