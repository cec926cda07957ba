"""Train a family and ship it as a bundle: fit on most stays, calibrate on others, report on the validation part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.features import Floats, derive
from edge_agent.risk.manifest import Quantisation, Range, Threshold, Training
from edge_agent.risk.quantise import Int8, to_real
from edge_agent.risk.scorer import Scorer
from training import hourly
from training.calibrate import isotonic
from training.card import card
from training.contract import channels
from training.evaluate import SENSITIVITIES, Report, evaluate
from training.examples import CHUNK, hurt, inputs, same, windows
from training.export import Contract, Fit, Fitted, export, put_card
from training.families import logistic
from training.hourly import Flags, Rows, Stays
from training.metrics import Scores, at_sensitivity, auroc
from training.task import N7_6H, Labels, labels

SEED = 20190
VERSION = "1.0.0"

TUNING_PERCENT = 15
"""Share of the training stays that calibrate and set thresholds, and that no weight is fitted on."""

VALIDATION_PERCENT = 20
"""Share of all stays to report on where the data does not say which."""

REPRESENTATIVE = 4000
"""Windows that decide the int8 scales, about half of them hurt: enough to have clipped values and rare risks."""

TAIL = 0.0002
"""Share of eligible hours beyond each end of a vital's range; with five vitals at most .2 % of them are out of it."""

DATA = (
    "PhysioNet/Computing in Cardiology Challenge 2019, training set A (Reyna et al., Early Prediction of Sepsis From "
    "Clinical Data, Crit Care Med 48:210-217, 2020), physionet.org/content/challenge-2019"
)
LICENCE = "CC BY 4.0"
TOOLS = ("numpy", "scikit-learn", "pyarrow")


class Parts(NamedTuple):
    """Which rows are for what."""

    fit: Flags
    tune: Flags
    validation: Flags


def train(data: Path, out: Path) -> Report:
    """Write the bundle into a folder of its name under `out` and return its figures on the validation part."""
    tf.keras.backend.clear_session()  # layers are numbered per session, and their names reach the bundle
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    rows = np.flatnonzero(split.fit & labelled.eligible)
    made = _inputs(stays, rows)
    model = logistic.build(made.shape[1:])
    logistic.fit(model, made, np.tile(labelled.positive[rows], 2))
    contract = Contract(
        name=logistic.NAME,
        version=VERSION,
        task=N7_6H,
        channels=channels(),
        trained_on=_ranges(stays, rows),
        training=_provenance(stays, labelled, rows),
    )
    tuning = _tuned(hourly.select(stays, split.tune))
    bundle = export(model, contract, _representative(made), tuning, out / logistic.NAME)
    held_out = hourly.select(stays, split.validation)
    report = evaluate(Scorer(bundle), held_out, _float_auroc(model, held_out))
    put_card(out / logistic.NAME, card(bundle.manifest, report, logistic.TITLE))
    return report


def parts(stays: Stays) -> Parts:
    """Divide the stays, by the data's own `split` where it has one, otherwise by a hash of the patient."""
    lots = _lots(stays)
    validation = stays.split == "validation"
    if not validation.any():
        validation = lots >= 100 - VALIDATION_PERCENT
    tune = ~validation & (lots < TUNING_PERCENT)
    return Parts(~validation & ~tune, tune, validation)


def _lots(stays: Stays) -> npt.NDArray[np.int64]:
    """Return a number from 0 to 99 per row, the same for all rows of a patient and in every run."""
    people, own = np.unique(stays.patient.astype(str), return_inverse=True)
    lots = [int(hashlib.sha256(person.encode()).hexdigest(), 16) % 100 for person in people.tolist()]
    return np.array(lots)[own]


def _inputs(stays: Stays, rows: Rows) -> Floats:
    """Return the inputs of `rows` twice, as recorded and then hurt."""
    random = np.random.default_rng(SEED)
    return np.concatenate([inputs(stays, rows, channels()), inputs(stays, rows, channels(), hurt(random))])


def _representative(made: Floats) -> Floats:
    """Return the inputs that decide the int8 scales."""
    count = min(REPRESENTATIVE, len(made))
    chosen: Floats = made[np.random.default_rng(SEED).choice(len(made), count, replace=False)]
    return chosen


def _tuned(stays: Stays) -> Fit:
    """Return how to calibrate and choose thresholds on `stays`, once the int8 model is there."""
    labelled = labels(stays)
    eligible = np.flatnonzero(labelled.eligible)

    def fit(run: Callable[[Floats], Int8], by: Quantisation) -> Fitted:
        logits = to_real(run(inputs(stays, eligible, channels())), by)
        calibration = isotonic(logits, labelled.positive[eligible], by)
        probabilities = np.full(len(labelled.eligible), np.nan)
        probabilities[eligible] = np.interp(logits, calibration.logits, calibration.probabilities)
        return Fitted(calibration, tuple(_threshold(wanted, probabilities, stays) for wanted in SENSITIVITIES))

    return fit


def _threshold(wanted: float, probabilities: Scores, stays: Stays) -> Threshold:
    """Return the threshold that catches `wanted` of the events, with what it costs."""
    probability, cost = at_sensitivity(wanted, probabilities, stays, labels(stays))
    return Threshold(
        name=f"sensitivity-{wanted:.2f}",
        probability=probability,
        sensitivity=round(cost.sensitivity, 4),
        alerts_per_patient_day=round(cost.alerts_per_patient_day, 4),
    )


def _ranges(stays: Stays, rows: Rows) -> dict[str, Range]:
    """Return the range of each quantity's present value over all but the `TAIL`s of `rows`."""
    present = np.concatenate([derive(beds).carried[:, -1] for beds in windows(stays, rows, same)])
    low, high = np.nanquantile(present, [TAIL, 1 - TAIL], axis=0)
    limits = zip(QUANTITIES, low, high, strict=True)
    return {quantity: Range(low=round(float(a), 1), high=round(float(b), 1)) for quantity, a, b in limits}


def _provenance(stays: Stays, labelled: Labels, rows: Rows) -> Training:
    """Say what the weights come from."""
    return Training(
        data=DATA,
        licence=LICENCE,
        fingerprint=hourly.fingerprint(stays),
        stays=len(np.unique(stays.start[rows])),
        rows=len(rows),
        positives=int(labelled.positive[rows].sum()),
        seed=SEED,
        tools={"tensorflow": tf.__version__, **{name: metadata.version(name) for name in TOOLS}},
    )


def _float_auroc(model: tf.keras.Model, stays: Stays) -> float:
    """Return what the model was worth before quantisation, over all eligible hours."""
    labelled = labels(stays)
    rows = np.flatnonzero(labelled.eligible)
    logits = model.predict(inputs(stays, rows, channels()), batch_size=CHUNK, verbose=0)
    return auroc(logits.reshape(-1), labelled.positive[rows])
