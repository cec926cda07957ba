"""What is forecast: NEWS2 reaches 7 within 6 h, asked while it is below 5 (N7_6h), and the events and alerts around it.

For labels alone a value is carried forward within the stay without limit, NEWS2 is the sum of its five vital parts
(SpO2 scale 1), and a part never seen counts 0.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from edge_agent.risk.features import Floats, points
from edge_agent.risk.manifest import Task
from training.hourly import DataError, Flags, Rows, Stays

N7_6H = Task(
    id="N7_6h",
    title="NEWS2 reaches 7 within 6 h, asked while it is below 5",
    horizon_hours=6,
    reaches=7,
    asked_below=5,
)

REFRACTORY_HOURS = 6
"""Hours after an alert in which no other is counted, and hours without that make the next high NEWS2 an event."""

HOURS_PER_DAY = 24


class Labels(NamedTuple):
    """Per row: `news2` of carried vitals; may it be asked (`eligible`), does it come true, does an event begin."""

    news2: npt.NDArray[np.int64]
    eligible: Flags
    positive: Flags
    event: Flags


class Burden(msgspec.Struct, frozen=True):
    """What alerting at a threshold means. `ppv`: share of counted alerts that came true.

    `lead`: median hours from the first hour at the threshold, at most 6 h ahead, to the event that it caught.
    """

    alerts_per_patient_day: float
    sensitivity: float
    ppv: float
    lead: float


def labels(stays: Stays, task: Task = N7_6H) -> Labels:
    """Label every row. A row that the file did not have is never eligible."""
    news2 = _news2(stays)
    high = news2 >= task.reaches
    ahead = [shifted(high, hours, stays) for hours in range(1, task.horizon_hours + 1)]
    behind = [shifted(high, -hours, stays) for hours in range(1, REFRACTORY_HOURS + 1)]
    later = shifted(np.ones(len(high), np.bool_), 1, stays)
    earlier = shifted(np.ones(len(high), np.bool_), -1, stays)
    eligible = (news2 < task.asked_below) & later & stays.recorded
    return Labels(news2, eligible, np.any(ahead, axis=0), high & ~np.any(behind, axis=0) & earlier)


def demand_both_kinds(labelled: Labels, rows: Flags, what: str) -> None:
    """Raise DataError unless some eligible hours of `rows` come true, some do not, and an event begins."""
    asked, true = labelled.eligible & rows, labelled.positive
    if not ((asked & true).any() and (asked & ~true).any() and (labelled.event & rows).any()):
        raise DataError(
            f"too few stays: {what} has {asked.sum()} eligible hours, {(asked & true).sum()} of them true, "
            f"and {(labelled.event & rows).sum()} events"
        )


def alerts(wanted: Flags, stays: Stays) -> Rows:
    """Return the rows that alert, of those that want to, when each silences its stay for the refractory time."""
    kept: list[int] = []
    for row in np.flatnonzero(wanted).tolist():
        if not kept or row - kept[-1] >= REFRACTORY_HOURS or stays.start[row] != stays.start[kept[-1]]:
            kept.append(row)
    return np.array(kept, np.intp)


def burden(wanted: Flags, stays: Stays, labelled: Labels, task: Task = N7_6H) -> Burden:
    """Count alerts over all recorded hours, and the events that they caught. `wanted` counts on eligible rows alone.

    An alert holds at every eligible hour that wants it; the refractory time spares a person its repetition, it does not
    end it. So alerts are counted once in 6 h, and an event is caught if an alert held at any of the 6 hours before it.
    An event is the first hour at 7 or more after 6 h without, or after all hours of the stay so far, at least one: what
    a patient arrives with cannot be forecast. Read so, NEWS2 >= 3 has a sensitivity of .83 at 2.2 alerts per
    patient-day on hospital A's validation part.
    """
    held = wanted & labelled.eligible
    rows = alerts(held, stays)
    first = leads(wanted, stays, labelled, task)
    days = np.count_nonzero(stays.recorded) / HOURS_PER_DAY
    return Burden(
        alerts_per_patient_day=len(rows) / days,
        sensitivity=len(first) / np.count_nonzero(labelled.event),
        ppv=float(labelled.positive[rows].mean()) if len(rows) else float("nan"),
        lead=float(np.median(first)) if len(first) else float("nan"),
    )


def leads(wanted: Flags, stays: Stays, labelled: Labels, task: Task = N7_6H) -> Rows:
    """Return for every event that was caught how many hours before it the alert held first."""
    held = wanted & labelled.eligible
    before = np.array([shifted(held, -hours, stays) for hours in range(1, task.horizon_hours + 1)])
    caught = before.any(axis=0) & labelled.event
    hours: Rows = task.horizon_hours - before[::-1].argmax(axis=0)[caught]
    return hours


def carried(stays: Stays) -> Floats:
    """Return the values [rows, 5] carried forward within the stay without limit, in units of resolution."""
    rows = np.arange(len(stays.hour))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(stays.medians), -1, rows), axis=0)
    values = np.take_along_axis(stays.medians, np.maximum(last, 0), axis=0)
    return np.where(last >= stays.start[:, None], values, np.float32(np.nan))


def _news2(stays: Stays) -> npt.NDArray[np.int64]:
    """Return the sum of the five parts of the values carried forward within the stay."""
    total: npt.NDArray[np.int64] = points(carried(stays)).sum(axis=-1).astype(np.int64)
    return total


def shifted(flags: Flags, hours: int, stays: Stays) -> Flags:
    """Return what `flags` says `hours` later (earlier if negative) in the same stay, False beyond its ends."""
    there = np.zeros_like(flags)
    if hours > 0:
        there[:-hours] = flags[hours:] & (stays.start[hours:] == stays.start[:-hours])
    else:
        there[-hours:] = flags[:hours] & (stays.start[-hours:] == stays.start[:hours])
    return there
