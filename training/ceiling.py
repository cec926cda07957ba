"""The ceiling: what boosted trees say, which are too large for a gateway, for `evaluate` to tell beside a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from training import hourly
from training.contract import channels
from training.examples import inputs
from training.families import boosting
from training.material import material
from training.parts import parts
from training.task import labels


def write(data: Path, out: Path) -> int:
    """Fit trees on what nets are fitted on, write a score per recorded hour of the validation part, return how many."""
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    given = material(stays, np.flatnonzero(split.fit & labelled.eligible), labelled.positive, channels())
    predict = boosting.fitted(given.recorded, given.positive)
    held = np.flatnonzero(split.validation & stays.recorded)
    scores = predict(inputs(stays, held, channels()))
    columns = {"patient": pa.array(stays.patient[held].tolist()), "hour": stays.hour[held], "score": scores}
    pq.write_table(pa.table(columns), out)
    return len(held)
