"""Small hourly files, in the form of the public ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training.hourly import Stays, read

Hour = tuple[float, ...]

NAN = float("nan")
COLUMNS = ("HR", "O2Sat", "Temp", "SBP", "Resp")
WELL: Hour = (80.0, 98.0, 37.0, 120.0, 16.0)
"""A NEWS2 of 0."""


def table(stays: dict[int, list[Hour]], first: int = 1, age: float = 70.9, split: str = "") -> pa.Table:
    """Return a table of stays, each a list of hours in the order of `COLUMNS`, numbered from `first`."""
    hours = [(patient, first + i, *hour) for patient, rows in stays.items() for i, hour in enumerate(rows)]
    columns = dict(zip(("patient", "ICULOS", *COLUMNS), map(list, zip(*hours, strict=True)), strict=True))
    count = len(hours)
    return pa.table(
        {**columns, "Age": [age] * count, "Gender": [1] * count, **({"split": [split] * count} if split else {})}
    )


def stays_of(folder: Path, rows: dict[int, list[Hour]]) -> Stays:
    """Write `rows` as a Parquet file and read it."""
    path = folder / "hours.parquet"
    pq.write_table(table(rows), path)
    return read(path)


def wandering(count: int, hours: int, seed: int) -> dict[int, list[Hour]]:
    """Return made-up stays whose vitals drift apart from NEWS2 0 now and then, an hour in ten without a value."""
    random = np.random.default_rng(seed)
    spread = np.array([6.0, 0.8, 0.2, 5.0, 1.5])
    made = {}
    for patient in range(count):
        walk = np.array(WELL) + random.normal(0, spread, (hours, 5)).cumsum(axis=0) * 0.8 ** random.integers(0, 8)
        walk[random.random(walk.shape) < 0.1] = NAN
        made[patient] = [tuple(map(float, row)) for row in walk.round(1)]
    return made
