"""Events that no alert can reach, and why: at none of the 6 hours before them was there a score."""

from __future__ import annotations

import msgspec
import numpy as np

from edge_agent.risk.abstain import SPOKEN
from training.hourly import Stays
from training.score import Scored
from training.task import N7_6H, Labels, shifted

HIGH = "no eligible hour before"
"""NEWS2 was 5 or more at all of these hours, or the file does not have them: no alert was due."""


class Hidden(msgspec.Struct, frozen=True):
    """Of all `events`, how many no score came before, by `causes`: why the last eligible hour before had none."""

    events: int
    causes: dict[str, int]


def hidden(scored: Scored, stays: Stays, labelled: Labels) -> Hidden:
    """Count the events that no threshold can catch."""
    open_events, causes = labelled.event.copy(), np.full(len(labelled.event), HIGH, object)
    for hours in range(N7_6H.horizon_hours, 0, -1):  # the last eligible hour has the last word
        for cause in np.unique(scored.cause[labelled.eligible]).tolist():
            here = shifted(labelled.eligible & (scored.cause == cause), -hours, stays)
            if cause == SPOKEN:
                open_events &= ~here
            else:
                causes[here] = cause
    names, counts = np.unique(causes[open_events].astype(str), return_counts=True)
    return Hidden(int(labelled.event.sum()), dict(zip(names.tolist(), counts.tolist(), strict=True)))
