"""Score every hour of every stay with a bundle, through the agent's own features and door."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from edge_agent.risk.abstain import SPOKEN, Causes
from edge_agent.risk.scorer import Judgement, Scorer
from training.examples import Change, same, windows
from training.hourly import DataError, Rows, Stays


class Scored(NamedTuple):
    """Per row: calibrated `probability`, NaN where the bundle abstains, and the `cause` of that, else `SPOKEN`.

    `regardless` is the probability that it would give if it did not abstain.
    """

    probability: npt.NDArray[np.float64]
    cause: Causes
    regardless: npt.NDArray[np.float64]


def score(scorer: Scorer, stays: Stays) -> Scored:
    """Ask for a score at every hour."""
    judged = judge(scorer, stays, np.arange(len(stays.hour)))
    return Scored(np.where(judged.causes == SPOKEN, judged.probabilities, np.nan), judged.causes, judged.probabilities)


def judge(scorer: Scorer, stays: Stays, rows: Rows, change: Change = same) -> Judgement:
    """Judge the windows that end at `rows`, each passed through `change`."""
    parts = [scorer.judge(beds) for beds in windows(stays, rows, change)]
    causes, logits, probabilities = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Judgement(causes, logits, probabilities)


def write(scored: Scored, stays: Stays, path: Path) -> None:
    """Write a Parquet row per recorded hour: patient, hour, score (null when abstaining), cause (null when scored)."""
    kept = stays.recorded
    columns = {
        "patient": pa.array(stays.patient[kept].tolist()),
        "hour": pa.array(stays.hour[kept]),
        "score": pa.array(scored.probability[kept], from_pandas=True),
        "cause": pa.array([str(cause) or None for cause in scored.cause[kept]], pa.string()),
    }
    pq.write_table(pa.table(columns), path)


def read(path: Path, stays: Stays) -> npt.NDArray[np.float64]:
    """Return the scores in a file per row of `stays`, NaN where it has none. Raises DataError for other hours."""
    table, kept = pq.read_table(path), stays.recorded
    hours = (table["patient"].to_pylist(), table["hour"].to_pylist())
    if hours != (stays.patient[kept].tolist(), stays.hour[kept].tolist()):
        raise DataError(f"{path}: these are scores of other hours")
    scores = np.full(len(kept), np.nan)
    scores[kept] = table["score"].to_numpy()
    return scores
