"""Train a family and ship it as a bundle: fit on most stays, calibrate on others, report on the validation part."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import msgspec
import numpy as np
import tensorflow as tf

from edge_agent.domain.windows import QUANTITIES
from edge_agent.risk.bundle import load
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
from training.families import convolutional, fourier, logistic, svm
from training.hourly import Rows, Stays
from training.material import material, sample
from training.metrics import Scores, at_sensitivity, auroc
from training.mortality import mortality
from training.origin import UNSAID, Origin, origin, own_name
from training.parts import parts
from training.spread import spread
from training.task import N7_6H, Labels, demand_both_kinds, labels

FAMILIES = {"logistic": logistic, "svm": svm, "fourier": fourier, "convolutional": convolutional}
"""What can be trained, by the name on the command line."""

SEED = 20190
VERSION = "1.0.0"

REPRESENTATIVE = 4000
"""Windows that decide the int8 scales, about half of them hurt: enough to have clipped values and rare risks."""

TAIL = 0.0001
"""Share of eligible hours beyond each end of a vital's range; with five vitals at most .1 % of them are out of it."""

TOOLS = ("numpy", "scikit-learn", "lightgbm", "pyarrow")


def train(
    data: Path, out: Path, family: str = "convolutional", *, scrambled: bool = False, said: Origin = UNSAID
) -> Report:
    """Write the bundle into a folder of its name under `out` and return its figures on the validation part.

    The float net is kept beside the bundle as NAME.keras. `scrambled` is the control: what came true is shuffled among
    the hours that weights are fitted on, so that nothing but chance is left to learn. `said` is what a person says of
    the data, where it is not known here.
    """
    tf.keras.backend.clear_session()  # layers are numbered per session, and their names reach the bundle
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    made = FAMILIES[family]
    stays = hourly.read(data)
    labelled, split = labels(stays), parts(stays)
    for what, part in split._asdict().items():
        demand_both_kinds(labelled, part, f"the part to {what}")
    rows = np.flatnonzero(split.fit & labelled.eligible)
    random = np.random.default_rng(SEED)
    given = material(stays, rows, labelled.positive, channels())
    if scrambled:
        given = given._replace(positive=random.permutation(given.positive))
    model = made.fitted(given)
    provenance = _provenance(stays, labelled, rows, said)
    name = own_name(made.NAME, provenance.fingerprint)
    contract = Contract(
        name=name,
        version=VERSION,
        task=N7_6H,
        channels=channels(),
        trained_on=_ranges(stays, rows),
        spread=spread(stays, split.fit),
        training=provenance,
    )
    tuning = _tuned(hourly.select(stays, split.tune))
    bundle = export(model, contract, sample(given, REPRESENTATIVE, random), tuning, out / name)
    model.save(out / f"{name}.keras")
    held_out = hourly.select(stays, split.validation)
    scorer = Scorer(bundle)
    report = evaluate(gathered(scorer, held_out), float_auroc(model, held_out), deaths=mortality(scorer, data))
    return put_figures(out / name, report)


def put_figures(folder: Path, report: Report) -> Report:
    """Write the model card of the bundle in `folder` anew, and return the report with the size that this gave it."""
    title = next((made.TITLE for made in FAMILIES.values() if report.bundle.startswith(made.NAME)), report.bundle)
    for _ in range(2):  # the card tells the bundle's size, of which it is a part
        finished = put_card(folder, card(load(folder).manifest, report, title))
        report = msgspec.structs.replace(report, bundle_bytes=finished.size)
    return report


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


def _provenance(stays: Stays, labelled: Labels, rows: Rows, said: Origin) -> Training:
    """Say what the weights come from."""
    fingerprint = hourly.fingerprint(stays)
    known = origin(fingerprint, said)
    return Training(
        data=known.data,
        licence=known.licence,
        fingerprint=fingerprint,
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
