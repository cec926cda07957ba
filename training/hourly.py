"""Hourly vital signs of many stays, from Parquet or from PhysioNet 2019 .psv files, on one grid of hours.

The hour of stay (ICULOS) places a row within its stay and names it in results. It is never a feature.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.features import SIGHT, STEP, Beds, Floats, gated

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

COLUMNS = {"pulse": "HR", "spo2": "O2Sat", "respiratory_rate": "Resp", "systolic": "SBP", "temperature": "Temp"}
"""The column of the PhysioNet 2019 files that holds each quantity."""

PATIENTS = ("patient", "patient_id", "pid", "rid", "subject_id")
"""Names under which files keep the stay."""

_OTHERS = ("Age", "Gender", "ICULOS", "SepsisLabel")

FEMALE, MALE = -1.0, 1.0
"""Sex as features know it; the files have Gender 0 and 1."""


class DataError(Exception):
    """Data that nothing can be made of. The text says what it lacks."""


class Stays(NamedTuple):
    """Many stays on a grid of hours, one after the other. Rows that the file did not have are missing hours.

    Per row: `patient`, `hour`, `recorded` (in the file), `split` ("" if the file has none), `medians` [rows, 5] within
    range and in units of resolution, `age` in whole years, `sex`, `sepsis` (the file's label), `start` (first row of
    the stay).
    """

    patient: npt.NDArray[Any]
    hour: npt.NDArray[np.int64]
    recorded: Flags
    split: npt.NDArray[np.str_]
    medians: Floats
    age: Floats
    sex: Floats
    sepsis: Flags
    start: Rows


def read(path: Path) -> Stays:
    """Read a Parquet file, or a folder of Parquet or .psv files. Raises DataError if there are no vitals in it."""
    table = _table(path)
    missing = {*COLUMNS.values(), "ICULOS"} - set(table.column_names)
    if missing:
        raise DataError(f"{path}: no column {sorted(missing)}")
    return gridded(table, path)


def beds(stays: Stays, rows: Rows) -> Beds:
    """Return the windows that end at `rows`, as the agent would have them at these hours."""
    back, start = rows[:, None] + np.arange(1 - SIGHT, 1), stays.start[rows][:, None]
    medians = np.where((back >= start)[..., None], stays.medians[np.maximum(back, start)], np.float32(np.nan))
    nobody = np.zeros(len(rows), np.bool_)
    return Beds(medians, stays.age[rows], stays.sex[rows], nobody, np.full(len(rows), np.nan, np.float32))


def fingerprint(stays: Stays) -> str:
    """Return the sha256 of what was read, so that a retraining can prove that it had the same data."""
    digest = hashlib.sha256()
    for part in (stays.hour, stays.recorded, stays.medians, stays.age, stays.sex, stays.start):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def _table(path: Path) -> pa.Table:
    """Read every file of `path` that has hourly vital signs into one table."""
    if path.is_file():
        return pq.read_table(path) if path.suffix != ".psv" else _psv(path)
    psv = sorted(path.rglob("*.psv"))
    if psv:
        return pa.concat_tables(map(_psv, psv), promote_options="permissive")
    hourly = [file for file in sorted(path.glob("*.parquet")) if COLUMNS["pulse"] in pq.read_schema(file).names]
    if not hourly:
        raise DataError(f"{path}: no .psv file and no Parquet file with a column {COLUMNS['pulse']}")
    return pa.concat_tables(map(pq.read_table, hourly), promote_options="permissive")


def _psv(path: Path) -> pa.Table:
    """Read one PhysioNet file: columns parted by |, NaN where missing, the stay in the file's name."""
    numbers = dict.fromkeys([*COLUMNS.values(), *_OTHERS], pa.float64())
    options = csv.ConvertOptions(null_values=["NaN", ""], column_types=numbers)
    table = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="|"), convert_options=options)
    table = table.select([name for name in numbers if name in table.column_names])
    return table.append_column("patient", pa.array([path.stem] * table.num_rows))


def select(stays: Stays, rows: Flags) -> Stays:
    """Return only `rows`, which are whole stays."""
    first = np.flatnonzero(stays.start[rows] == np.flatnonzero(rows))
    lengths = np.diff(np.r_[first, np.count_nonzero(rows)])
    kept = {name: getattr(stays, name)[rows] for name in Stays._fields}
    return Stays(**{**kept, "start": np.repeat(first, lengths)})


def gridded(table: pa.Table, path: Path) -> Stays:
    """Sort by stay and hour and give every hour between a stay's first and last one row; `path` is for errors."""
    name = next((name for name in PATIENTS if name in table.column_names), None)
    if name is None:
        raise DataError(f"{path}: no column of {PATIENTS}")
    table = table.sort_by([(name, "ascending"), ("ICULOS", "ascending")])
    stay, hour = table[name].to_numpy(), table["ICULOS"].to_numpy().astype(np.int64)
    first = np.flatnonzero(np.r_[True, stay[1:] != stay[:-1]])
    last = np.r_[first[1:], len(stay)] - 1
    lengths = hour[last] - hour[first] + 1
    offset = np.r_[0, np.cumsum(lengths)[:-1]]
    place = hour + np.repeat(offset - hour[first], last - first + 1)
    owner = np.repeat(np.arange(len(first)), lengths)
    recorded = np.zeros(len(owner), np.bool_)
    recorded[place] = True
    medians = np.full((len(owner), len(QUANTITIES)), np.nan, np.float32)
    medians[place] = _medians(table)
    sepsis = np.zeros(len(owner), np.bool_)
    sepsis[place] = _column(table, "SepsisLabel") == 1
    return Stays(
        patient=stay[first][owner],
        hour=np.arange(len(owner)) + (hour[first] - offset)[owner],
        recorded=recorded,
        split=_splits(table)[first][owner],
        medians=medians,
        age=np.floor(_column(table, "Age"))[first][owner].astype(np.float32),
        sex=_sexes(table)[first][owner],
        sepsis=sepsis,
        start=offset[owner],
    )


def _splits(table: pa.Table) -> npt.NDArray[np.str_]:
    """Return which part of the data each row is for, "" where the file does not say."""
    return np.array(table["split"].to_pylist() if "split" in table.column_names else [""] * table.num_rows)


def _sexes(table: pa.Table) -> Floats:
    """Return sex as features know it."""
    gender = _column(table, "Gender")
    return np.select([gender == 0, gender == 1], [FEMALE, MALE], 0.0).astype(np.float32)


def _column(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Return a column as numbers, NaN where missing or where there is no such column."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    values: npt.NDArray[np.float64] = table[name].cast(pa.float64()).to_numpy()
    return values


def _medians(table: pa.Table) -> Floats:
    """Return the five quantities [rows, 5], gated as written, then rounded half up to units of resolution.

    The files hold decimals as float32, so noise beyond the fourth digit is rounded away before a half can be seen.
    """
    columns = [np.round(_column(table, COLUMNS[quantity]), 4) / STEP[quantity] for quantity in QUANTITIES]
    exact = gated(np.round(np.stack(columns, axis=-1), 3))
    rounded: Floats = np.floor(exact + 0.5).astype(np.float32)
    return rounded
