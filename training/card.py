"""The model card: what a bundle is for, what it was made of, every figure, and its limits. Generated, never typed."""

from __future__ import annotations

import math
from collections.abc import Iterable

from edge_agent.risk.abstain import ADULT, LEAST_VITALS, RECENT_HOURS
from edge_agent.risk.features import SIGHT
from edge_agent.risk.manifest import Manifest
from training.evaluate import Report
from training.goals import judged
from training.origin import Origin, origin
from training.table import rows, unreached

TEXT = """\
# {name} {version}

{title}. It forecasts that {task}.

## Intended use
Advisory: a secondary notification beside NEWS2 for adults on a monitored ward. It never lowers, delays or ends an
alert, and at most adds one of medium priority. It is a forecast of physiology, not of outcome, and no diagnosis. Not
for anyone below {adult} years, not in pregnancy, not to decide that somebody is well. No certified medical device.

It says nothing, with the cause, when NEWS2 is already {asked_below} or more, when fewer than {least} of the five vitals
were seen within {recent} h, and when a present value is beyond what it was trained on. It looks back {sight} h and no
further, and does not know how long a stay has lasted.

## Data
{data}. Licence: {licence}. Only heart rate, SpO2, respiratory rate, systolic pressure, temperature, age and sex are
used. Fitted on {rows} eligible hours ({positives} positive) of {stays} {whose}; calibration and
thresholds from other stays; the figures below from {held_out} stays that neither saw. Fingerprint of the data as read:
`{fingerprint}`.

## Figures
The int8 model on {runtime}, through the agent's own features, over eligible hours with a score. A same-hour
AUROC compares hours at equal hour of stay only, where no clock can help. Boosted trees, too large for a gateway, are
the ceiling.

{figures}

## Events that no alert can reach
An alert can catch an event only if one of the 6 hours before it has a score. These have none; the cause is that of the
last eligible hour before.

{unreached}

## Limits
- {limit}
- The NEWS2 of the task lacks consciousness and oxygen, and is made of the very vitals that forecast it.
- Alerts: an alert holds at every eligible hour at or above the threshold, and is counted once in 6 h. An event is the
  first hour at {reaches} or more after 6 h without, or after all hours of the stay so far, at least one. It is caught
  if an alert held at any of the 6 hours before it.
- Goals that are missed, or not measured: {missed}.
- In range means: {ranges}.

## Identity
model.tflite sha256 `{sha256}`. Made with {tools}, seed {seed}.
"""


def card(manifest: Manifest, report: Report, title: str) -> str:
    """Return the card as Markdown."""
    made, task = manifest.training, manifest.task
    known = origin(made.fingerprint, Origin(made.data, made.licence))
    return TEXT.format(
        name=manifest.name,
        version=manifest.version,
        title=title,
        task=task.title,
        adult=ADULT,
        asked_below=task.asked_below,
        reaches=task.reaches,
        least=LEAST_VITALS,
        recent=RECENT_HOURS,
        sight=SIGHT,
        data=known.data,
        licence=known.licence,
        whose=known.stays,
        limit=known.limit,
        rows=f"{made.rows:,}",
        positives=f"{made.positives:,}",
        stays=f"{made.stays:,}",
        held_out=f"{report.stays:,}",
        fingerprint=made.fingerprint,
        runtime=report.runtime,
        figures=_table("what | figure", rows(report)),
        unreached=_table("why | events", unreached(report)),
        ranges=", ".join(f"{name} {limits.low:g} to {limits.high:g}" for name, limits in manifest.trained_on.items()),
        missed=", ".join(f"{goal.name} ({_told(found)})" for goal, found, met in judged(report) if not met) or "none",
        sha256=report.model_sha256,
        tools=", ".join(f"{name} {version}" for name, version in made.tools.items()),
        seed=made.seed,
    )


def _told(found: float) -> str:
    """Return a goal's figure."""
    return "not measured" if math.isnan(found) else f"{found:.3g}"


def _table(head: str, found: Iterable[tuple[str, str]]) -> str:
    """Return two columns as a Markdown table."""
    return "\n".join([f"| {head} |", "|---|---|", *(f"| {name} | {value} |" for name, value in found)])
