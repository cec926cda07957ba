"""In-hospital death as a third question, on the 2012 set: what the score says of it, alone and beside what people add.

Nothing was trained for it. A person may state consciousness and oxygen; how much these add is told beside the score.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from edge_agent.risk.scorer import Scorer
from training.hourly import COLUMNS, Flags, Stays, gridded
from training.metrics import Scores, auroc
from training.score import score
from training.task import labels

EVENTS, OUTCOMES = "mortality2012_set_a_events.parquet", "mortality2012_set_a_outcomes.parquet"
"""PhysioNet/Computing in Cardiology Challenge 2012, set a: the first 48 h of stays in intensive care."""

HOURS = 48
RECENT = 24
"""Hours at the end that the score is averaged over, and in which consciousness and oxygen must have been charted."""

VITALS = {
    "HR": COLUMNS["pulse"],
    "SaO2": COLUMNS["spo2"],
    "RespRate": COLUMNS["respiratory_rate"],
    "SysABP": COLUMNS["systolic"],
    "NISysABP": COLUMNS["systolic"],
    "Temp": COLUMNS["temperature"],
}
ALERT_GCS = 15
AIR = 0.21
CONSCIOUSNESS_POINTS, OXYGEN_POINTS = 3, 2
"""NEWS2 for anything but alert, and for supplemental oxygen (RCP 2017, chart 1)."""

FOLDS = 5


class Worth(msgspec.Struct, frozen=True):
    """How well a score at hour 48 tells who dies in hospital."""

    stays: int
    deaths: int
    auroc: float
    ap: float


class _Stated(NamedTuple):
    """What a person may state, per stay: the last Glasgow coma score (15 where none), and whether oxygen was given."""

    gcs: Scores
    oxygen: Flags


def mortality(scorer: Scorer, folder: Path) -> dict[str, Worth]:
    """Return every score's worth on the files in `folder`, nothing where they are not there."""
    if not (folder / EVENTS).exists():
        return {}
    events = _events(folder)
    stays = gridded(_hourly(events), folder)
    last = np.flatnonzero(np.r_[stays.start[1:] != stays.start[:-1], True])
    patients = stays.patient[last]
    said, died = _stated(events, patients), _died(folder, patients)
    news2 = labels(stays).news2[last].astype(np.float64)
    mean = _recent_mean(logit(score(scorer, stays).regardless), stays, last)
    stated = CONSCIOUSNESS_POINTS * (said.gcs < ALERT_GCS) + OXYGEN_POINTS * said.oxygen
    columns = np.stack([mean, stays.age[last], said.gcs, said.oxygen], axis=1)
    found = {
        "NEWS2 of five vitals": news2,
        "NEWS2 with consciousness and oxygen": news2 + stated,
        "model": mean,
        "model, age, consciousness and oxygen, joined by a logistic regression in 5 folds": _joined(columns, died),
    }
    return {name: _worth(values, died) for name, values in found.items()}


def _events(folder: Path) -> pa.Table:
    """Return patient, parameter, hour (from 0) and value of everything charted in the first 48 h."""
    table = pq.read_table(folder / EVENTS, columns=["rid", "par", "val", "min"])
    hour = pc.divide(pc.cast(table["min"], pa.int64()), 60)
    named = pa.table({"patient": table["rid"], "par": pc.cast(table["par"], pa.string()), "hour": hour})
    whole = named.append_column("val", pc.cast(table["val"], pa.float64()))
    return whole.filter(pc.less(whole["hour"], HOURS))


def _hourly(events: pa.Table) -> pa.Table:
    """Return a row per stay and hour as training files have it, the mean of what was charted in that hour."""
    patients = np.unique(events["patient"].to_numpy())
    columns: dict[str, npt.NDArray[Any]] = {
        "patient": np.repeat(patients, HOURS),
        "ICULOS": np.tile(np.arange(1, HOURS + 1), len(patients)),
        **{name: np.full(len(patients) * HOURS, np.nan) for name in COLUMNS.values()},
    }
    for name in dict.fromkeys(VITALS.values()):
        place, values = _of(events, patients, *(par for par, column in VITALS.items() if column == name))
        counts = np.bincount(place, minlength=len(columns[name]))
        sums = np.bincount(place, values, minlength=len(columns[name]))
        columns[name][counts > 0] = sums[counts > 0] / counts[counts > 0]
    for name in ("Age", "Gender"):
        place, values = _of(events, patients, name)
        own = np.full(len(patients), np.nan)
        own[place // HOURS] = np.where(values < 0, np.nan, values)
        columns[name] = np.repeat(own, HOURS)
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def _of(events: pa.Table, patients: npt.NDArray[Any], *parameters: str) -> tuple[npt.NDArray[np.intp], Scores]:
    """Return the places (stay and hour, laid flat) and positive values of some parameters, in order of charting."""
    some = events.filter(pc.is_in(events["par"], pa.array(parameters)))
    place = np.searchsorted(patients, some["patient"].to_numpy()) * HOURS + some["hour"].to_numpy()
    values = some["val"].to_numpy()
    kept = np.isfinite(values) & (values >= 0)
    return place[kept], values[kept]


def _stated(events: pa.Table, patients: npt.NDArray[Any]) -> _Stated:
    """Return what was charted last of consciousness, and whether there was oxygen, in the last hours."""
    gcs, oxygen = np.full(len(patients), float(ALERT_GCS)), np.zeros(len(patients), np.bool_)
    place, values = _of(events, patients, "GCS")
    recent = place % HOURS >= HOURS - RECENT
    gcs[place[recent] // HOURS] = values[recent]
    for parameter, least in (("FiO2", AIR), ("MechVent", 0.0)):
        place, values = _of(events, patients, parameter)
        oxygen[place[(place % HOURS >= HOURS - RECENT) & (values > least)] // HOURS] = True
    return _Stated(gcs, oxygen)


def _died(folder: Path, patients: npt.NDArray[Any]) -> Flags:
    """Return who died in hospital."""
    table = pq.read_table(folder / OUTCOMES)
    dead = table["RecordID"].to_numpy()[table["In-hospital_death"].to_numpy() == 1]
    return np.isin(patients, dead)


def _recent_mean(values: Scores, stays: Stays, last: npt.NDArray[np.intp]) -> Scores:
    """Return each stay's mean over its last hours."""
    means: Scores = np.array([values[max(stays.start[row], row - RECENT + 1) : row + 1].mean() for row in last])
    return means


def _joined(columns: Scores, died: Flags) -> Scores:
    """Return what a logistic regression on `columns` says of stays that it was not fitted on."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    known = np.where(np.isnan(columns), np.nanmedian(columns, axis=0), columns)
    found: Scores = cross_val_predict(model, known, died, cv=FOLDS, method="predict_proba")[:, 1]
    return found


def _worth(values: Scores, died: Flags) -> Worth:
    """Return the figures of one score."""
    return Worth(
        stays=len(died),
        deaths=int(died.sum()),
        auroc=auroc(values, died),
        ap=float(average_precision_score(died, values)),
    )
