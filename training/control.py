"""The control: models that learn from scrambled truth must know nothing. One draw says little, so there are several.

What came true is shuffled among the hours, so only chance is left to learn; but hours resemble each other, and by
chance a draw leans towards the sick or away from them. The mean must be .50, the spread is that of one draw.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training import hourly
from training.contract import channels
from training.evaluate import Control
from training.examples import CHUNK, inputs
from training.families import logistic
from training.material import material
from training.metrics import auroc
from training.parts import parts
from training.task import labels


def control(data: Path, draws: int) -> Control:
    """Fit the logistic regression `draws` times, each on another shuffle of the truth."""
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    rows, held = (np.flatnonzero(part & labelled.eligible) for part in (split.fit, split.validation))
    given = material(stays, rows, labelled.positive, channels())
    asked = inputs(stays, held, channels())
    found = []
    for seed in range(draws):
        shuffled = np.random.default_rng(seed).permutation(given.positive)
        model = logistic.fitted(given._replace(positive=shuffled))
        said = model.predict(asked, batch_size=CHUNK, verbose=0)[:, 0]
        found.append(auroc(said, labelled.positive[held]))
        print(f"draw {seed + 1}/{draws}: {found[-1]:.4f}", flush=True)
    return Control(tuple(found), float(np.mean(found)), float(np.std(found)))
