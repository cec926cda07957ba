"""Everything that is said of a bundle's worth, computed on its int8 model through the agent's own features and door."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from edge_agent.risk.abstain import SPOKEN
from edge_agent.risk.scorer import Scorer
from training.baselines import baselines
from training.hidden import Hidden, hidden
from training.hourly import FEMALE, MALE, Flags, Stays, fingerprint
from training.metrics import Figures, Scores, at_sensitivity, auroc, calibration_error, figures, same_hour_auroc
from training.mortality import Worth
from training.robustness import changes
from training.score import Scored, judge, score
from training.sepsis import sepsis
from training.task import HOURS_PER_DAY, Burden, Labels, demand_both_kinds, labels

SENSITIVITIES = (0.8, 0.6)
"""Shares of events caught at which alerts are counted."""

ALERTING = "NEWS2"
"""The baseline whose alerts are counted beside the model's; another is the ceiling, where somebody has its scores."""

CEILING = "boosted trees"

AGES = {
    "below 50 years": (0, 50),
    "50 to 64 years": (50, 65),
    "65 to 79 years": (65, 80),
    "from 80 years": (80, np.inf),
}
"""Age groups, the upper end excluded."""

SEED = 7
"""Of the artefacts."""


class Operation(msgspec.Struct, frozen=True):
    """Alerting at one threshold."""

    threshold: float
    burden: Burden


class Control(msgspec.Struct, frozen=True):
    """Models that learnt from scrambled truth: AUROC of each draw, their mean, and their standard deviation."""

    draws: tuple[float, ...]
    mean: float
    spread: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole table, as `evaluate` prints and saves it. `abstentions` counts eligible hours by cause.

    `whole` and `whole_alerts` are over all eligible hours, those with an abstention included, as the float net and the
    task's own figures are measured; everything else is over those with a score, `alerts` of NEWS2 and of the ceiling
    too: what these reach there is what abstention leaves to reach. `alerts` are by whose score, then by sensitivity.
    `sepsis` is the same-hour AUROC of each score for sepsis within 12 h, `mortality` what scores say of death in
    hospital.
    """

    bundle: str
    version: str
    model_sha256: str
    bundle_bytes: int
    runtime: str
    data_fingerprint: str
    stays: int
    patient_days: float
    eligible: int
    coverage: float
    abstentions: dict[str, int]
    ece: float
    model: Figures
    baselines: dict[str, Figures]
    ceiling: Figures | None
    alerts: dict[str, dict[str, Operation]]
    hidden: Hidden
    subgroups: dict[str, float]
    robustness: dict[str, float]
    sepsis: dict[str, float]
    whole: dict[str, Figures]
    whole_alerts: dict[str, dict[str, Operation]]
    float_auroc: float | None
    mortality: dict[str, Worth]
    control: Control | None


class Evidence(NamedTuple):
    """What figures and plots are made of. `answered`: eligible rows of `stays` with a score."""

    scorer: Scorer
    stays: Stays
    labelled: Labels
    scored: Scored
    answered: Flags


def gathered(scorer: Scorer, stays: Stays) -> Evidence:
    """Score every hour of `stays`. Raises DataError if nothing, or only one kind of hour, can be judged."""
    labelled = labels(stays)
    scored = score(scorer, stays)
    answered = labelled.eligible & (scored.cause == SPOKEN)
    demand_both_kinds(labelled._replace(eligible=answered), np.ones_like(answered), "what is to be judged")
    return Evidence(scorer, stays, labelled, scored, answered)


def evaluate(
    found: Evidence,
    float_auroc: float | None = None,
    *,
    deaths: dict[str, Worth] | None = None,
    control: Control | None = None,
    ceiling: Scores | None = None,
) -> Report:
    """Compare the scores with what came true.

    `float_auroc` is what the net was worth before quantisation over all eligible hours, if somebody still knows;
    `deaths` what scores say of another data set, `control` what scrambled truth taught, and `ceiling` the scores of
    boosted trees per row, where these were asked.
    """
    scorer, stays, labelled, scored, answered = found
    asked = labelled.eligible
    causes, counts = np.unique(scored.cause[asked & ~answered], return_counts=True)
    probability, positive, hour = scored.probability[answered], labelled.positive[answered], stays.hour[answered]
    bedside = baselines(stays)
    rivals = {ALERTING: bedside[ALERTING]} | ({} if ceiling is None else {CEILING: ceiling})
    everything = {"model": scored.regardless, **rivals}
    with_score = {"model": scored.probability, **{name: _only(answered, values) for name, values in rivals.items()}}
    return Report(
        bundle=scorer.manifest.name,
        version=scorer.manifest.version,
        model_sha256=scorer.model_sha256,
        bundle_bytes=scorer.bundle.size,
        runtime=scorer.runtime,
        data_fingerprint=fingerprint(stays),
        stays=len(np.unique(stays.start)),
        patient_days=np.count_nonzero(stays.recorded) / HOURS_PER_DAY,
        eligible=int(asked.sum()),
        coverage=float(answered.sum() / asked.sum()),
        abstentions=dict(zip(causes.tolist(), counts.tolist(), strict=True)),
        ece=calibration_error(probability, positive),
        model=figures(probability, positive, hour),
        baselines={name: figures(values[answered], positive, hour) for name, values in bedside.items()},
        ceiling=None if ceiling is None else figures(ceiling[answered], positive, hour),
        alerts={name: _at_sensitivities(values, stays, labelled) for name, values in with_score.items()},
        hidden=hidden(scored, stays, labelled),
        subgroups=_subgroups(scored.probability, stays, labelled, answered),
        robustness=_robustness(scorer, stays, labelled, answered),
        sepsis=_sepsis({"model": scored.probability, **bedside}, stays, answered),
        whole={
            name: figures(values[asked], labelled.positive[asked], stays.hour[asked])
            for name, values in everything.items()
        },
        whole_alerts={name: _at_sensitivities(values, stays, labelled) for name, values in everything.items()},
        float_auroc=float_auroc,
        mortality=deaths or {},
        control=control,
    )


def _only(rows: Flags, scores: Scores) -> Scores:
    """Return `scores` at `rows`, NaN elsewhere."""
    return np.where(rows, scores, np.nan)


def _at_sensitivities(scores: Scores, stays: Stays, labelled: Labels) -> dict[str, Operation]:
    """Return what alerts cost at given sensitivities."""
    found = {wanted: at_sensitivity(wanted, scores, stays, labelled) for wanted in SENSITIVITIES}
    return {f"sensitivity {wanted:.2f}": Operation(*operation) for wanted, operation in found.items()}


def _subgroups(scores: Scores, stays: Stays, labelled: Labels, answered: Flags) -> dict[str, float]:
    """Return the AUROC per sex and age group, where it has hours of both kinds."""
    groups = {"female": stays.sex == FEMALE, "male": stays.sex == MALE}
    groups |= {name: (stays.age >= low) & (stays.age < high) for name, (low, high) in AGES.items()}
    found = {
        name: auroc(scores[group & answered], labelled.positive[group & answered]) for name, group in groups.items()
    }
    return {name: worth for name, worth in found.items() if not np.isnan(worth)}


def _sepsis(scores: dict[str, Scores], stays: Stays, answered: Flags) -> dict[str, float]:
    """Return the same-hour AUROC of each score for sepsis within 12 h, over hours with a score before its onset."""
    soon, before = sepsis(stays)
    rows = answered & before
    if not soon[rows].any():
        return {}
    return {name: same_hour_auroc(values[rows], soon[rows], stays.hour[rows]) for name, values in scores.items()}


def _robustness(scorer: Scorer, stays: Stays, labelled: Labels, answered: Flags) -> dict[str, float]:
    """Return the AUROC on the same hours when their windows are hurt. Hours that would now abstain count too."""
    random = np.random.default_rng(SEED)
    rows = np.flatnonzero(answered)
    trials = {name: judge(scorer, stays, rows, change).probabilities for name, change in changes(random)}
    return {name: auroc(found, labelled.positive[rows]) for name, found in trials.items()}
