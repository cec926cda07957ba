"""Real patients from a file, in the shape of virtual ones.

The file is CSV, plain or gzipped, with a header: `t` in whole s, optionally `rec`, `age`, `sex`, and one column per
vital, named by its code or as the BIDMC dataset names it. An empty cell is a drop-out: absent for that second.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Patient
from firmware_bridges.vitals import VITALS

BIDMC = {"HR": "heart_rate", "PULSE": "pulse_rate", "RESP": "respiratory_rate", "SpO2": "spo2"}
"""Columns of the BIDMC PPG and Respiration dataset (Pimentel et al. 2016, PhysioNet) and the vitals they hold."""

MOST = 10**6
"""No vital sign is as large as this, whatever its unit."""

_SEX = {"M": "male", "F": "female"}


class RecordedPatient(msgspec.Struct, frozen=True):
    """A real patient: `seconds` holds the vitals of each second of the recording, which starts over at its end."""

    seconds: tuple[dict[str, int], ...]
    person: Patient = Patient()

    def sample(self, t_ns: int) -> dict[str, int]:
        """Return the vitals of the second that `t_ns` falls in."""
        return self.seconds[t_ns // SECOND % len(self.seconds)]


def read(path: Path, record: str = "") -> RecordedPatient:
    """Return one patient: `record` as in column `rec`, or the file's first. AgentError says what is wrong with it."""
    rows = [row for row in _rows(path) if not record or row.get("rec") == record]
    if not rows:
        raise AgentError(f"{path}: no rows" + (f" with rec = {record}" if record else ""))
    return _patient(path, [row for row in rows if row.get("rec") == rows[0].get("rec")])


def read_all(path: Path) -> dict[str, RecordedPatient]:
    """Return every patient of the file by what stands in column `rec`. AgentError says what is wrong with it."""
    by_record: dict[str, list[dict[str, str]]] = {}
    for row in _rows(path):
        by_record.setdefault(row.get("rec", ""), []).append(row)
    return {name: _patient(path, rows) for name, rows in by_record.items()}


def _patient(path: Path, rows: list[dict[str, str]]) -> RecordedPatient:
    columns = {name: BIDMC.get(name, name) for name in rows[0] if BIDMC.get(name, name) in VITALS}
    if not columns or "t" not in rows[0]:
        raise AgentError(f"{path}: the header needs t and a vital: {', '.join([*BIDMC, *VITALS])}")
    by_second = {_second(path, row): _vitals(path, row, columns) for row in rows}
    start = min(by_second)
    seconds = tuple(by_second.get(second, {}) for second in range(start, max(by_second) + 1))
    return RecordedPatient(seconds, _person(rows[0]))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        yield from csv.DictReader(file)


def _second(path: Path, row: dict[str, str]) -> int:
    if not (row["t"] or "").removeprefix("-").isdecimal():
        raise AgentError(f"{path}: t = {row['t']!r} is no whole number of seconds")
    return int(row["t"])


def _vitals(path: Path, row: dict[str, str], columns: dict[str, str]) -> dict[str, int]:
    try:
        present = {code: Decimal(row[name]) for name, code in columns.items() if row[name]}
    except InvalidOperation:
        raise AgentError(f"{path}: t = {row['t']}: not a number among {[row[name] for name in columns]}") from None
    finite = {code: value for code, value in present.items() if value.is_finite()}
    if any(abs(value) >= MOST for value in finite.values()):
        raise AgentError(f"{path}: t = {row['t']}: not a vital sign among {[row[name] for name in columns]}")
    return {code: VITALS[code].scaled(value) for code, value in finite.items()}


def _person(row: dict[str, str]) -> Patient:
    age = row.get("age", "")
    return Patient(age_years=int(age) if age.isdecimal() else None, sex=_SEX.get(row.get("sex", "")))
