"""Train a family and ship it as a bundle: fit on most stays, calibrate on others, report on the validation part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import msgspec
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
from training.evaluate import SENSITIVITIES, Report, evaluate, gathered
from training.examples import CHUNK, inputs, same, windows
from training.export import Contract, Fit, Fitted, export, put_card
from training.families import boosting, convolutional, logistic, svm
from training.hourly import Flags, Rows, Stays
from training.material import material, sample
from training.metrics import Figures, Scores, at_sensitivity, auroc, figures
from training.spread import spread
from training.task import N7_6H, Labels, labels

FAMILIES = {"logistic": logistic, "svm": svm, "convolutional": convolutional}
"""What can be trained, by the name on the command line."""

SEED = 20190
VERSION = "1.0.0"

TUNING_PERCENT = 15
"""Share of the training stays that calibrate and set thresholds, and that no weight is fitted on."""

VALIDATION_PERCENT = 20
"""Share of all stays to report on where the data does not say which."""

REPRESENTATIVE = 4000
"""Windows that decide the int8 scales, about half of them hurt: enough to have clipped values and rare risks."""

TAIL = 0.0001
"""Share of eligible hours beyond each end of a vital's range; with five vitals at most .1 % of them are out of it."""

DATA = (
    "PhysioNet/Computing in Cardiology Challenge 2019, training set A (Reyna et al., Early Prediction of Sepsis From "
    "Clinical Data, Crit Care Med 48:210-217, 2020), physionet.org/content/challenge-2019"
)
LICENCE = "CC BY 4.0"
TOOLS = ("numpy", "scikit-learn", "lightgbm", "pyarrow")


class Parts(NamedTuple):
    """Which rows are for what."""

    fit: Flags
    tune: Flags
    validation: Flags


def train(data: Path, out: Path, family: str = "convolutional", *, scrambled: bool = False) -> Report:
    """Write the bundle into a folder of its name under `out` and return its figures on the validation part.

    The float net is kept beside the bundle as NAME.keras. `scrambled` is the control: what came true is shuffled among
    the hours that weights are fitted on, so that nothing but chance is left to learn.
    """
    tf.keras.backend.clear_session()  # layers are numbered per session, and their names reach the bundle
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    made = FAMILIES[family]
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    rows = np.flatnonzero(split.fit & labelled.eligible)
    random = np.random.default_rng(SEED)
    given = material(stays, rows, labelled.positive, channels())
    if scrambled:
        given = given._replace(positive=random.permutation(given.positive))
    model = made.fitted(given)
    contract = Contract(
        name=made.NAME,
        version=VERSION,
        task=N7_6H,
        channels=channels(),
        trained_on=_ranges(stays, rows),
        spread=spread(stays, split.fit),
        training=_provenance(stays, labelled, rows),
    )
    tuning = _tuned(hourly.select(stays, split.tune))
    bundle = export(model, contract, sample(given, REPRESENTATIVE, random), tuning, out / made.NAME)
    model.save(out / f"{made.NAME}.keras")
    held_out = hourly.select(stays, split.validation)
    report = evaluate(gathered(Scorer(bundle), held_out), float_auroc(model, held_out))
    finished = put_card(out / made.NAME, card(bundle.manifest, report, made.TITLE))
    return msgspec.structs.replace(report, bundle_bytes=finished.size)


def ceiling(data: Path) -> dict[str, Figures]:
    """Return what boosted trees are worth on the validation part, over all eligible hours: the ceiling of the nets."""
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    rows, held = (np.flatnonzero(part & labelled.eligible) for part in (split.fit, split.validation))
    given = material(stays, rows, labelled.positive, channels())
    found = boosting.fitted(given.recorded, given.positive)(inputs(stays, held, channels()))
    return {"boosted trees": figures(found, labelled.positive[held], stays.hour[held])}


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


def float_auroc(model: tf.keras.Model, stays: Stays) -> float:
    """Return what the model was worth before quantisation, over all eligible hours."""
    labelled = labels(stays)
    rows = np.flatnonzero(labelled.eligible)
    logits = model.predict(inputs(stays, rows, channels()), batch_size=CHUNK, verbose=0)
    return auroc(logits.reshape(-1), labelled.positive[rows])
