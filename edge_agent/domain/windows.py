"""What one bed's past looks like to a score or a model: hourly medians, oldest first, the present hour last.

Hours are counted from the bed's own epoch, never from a clock, so that shifting all times changes nothing.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

HOURS = 36
"""Rows kept: 12 rows that a model sees, and 24 h before the oldest of them that a value may be carried forward."""

QUANTITIES = ("pulse", "spo2", "respiratory_rate", "systolic", "temperature")
"""The quantities that have a window, in the order of the model contract."""


Age = Annotated[int, Meta(ge=0, le=120)]
Sex = Annotated[str, Meta(pattern=r"^(female|male)$", extra={"form": "female or male"})]


class Patient(msgspec.Struct, frozen=True):
    """What the agent may know of the person in a bed. No name, no number, no date of birth."""

    age_years: Annotated[Age | None, Meta(description="Age; NEWS2 and the model are for adults.")] = None
    sex: Annotated[Sex | None, Meta(description="As the model was trained on it.")] = None
    pregnant: Annotated[bool, Meta(description="NEWS2 and the model are not for pregnancy.")] = False


class Window(msgspec.Struct, frozen=True):
    """Hourly medians of valid samples for one bed.

    `medians[quantity]` has `HOURS` entries, oldest first, each an integer in units of the vital's resolution
    (temperature 372 is 37.2 Cel) or None where the hour had no valid sample. `minutes_into_hour` is how much of the
    last row has passed.
    """

    medians: dict[str, tuple[int | None, ...]]
    patient: Patient = Patient()
    news2_total: int | None = None
    spo2_scale: int = 1
    minutes_into_hour: int = 59


class Driver(msgspec.Struct, frozen=True):
    """One vital's part in a score by occlusion: how much the log-odds fall when the model cannot see it.

    `contribution` in log-odds (positive raises the risk); `value` the last hourly median, `trend` its change over
    the last three hours, both decimals in the vital's unit, None where unknown.
    """

    quantity: str
    contribution: float
    value: float | None
    trend: float | None


class RiskScore(msgspec.Struct, frozen=True, tag="score"):
    """A calibrated probability with what drives it.

    `logit_q` is the raw int8 output, so that a replay can prove equality.
    """

    probability: float
    drivers: tuple[Driver, ...]
    logit_q: int
    model: str
    model_sha256: str
    runtime: str


class Abstention(msgspec.Struct, frozen=True, tag="abstention"):
    """No score, because: `cause` is one of the codes in `CAUSES`; `detail` says it in words."""

    cause: str
    detail: str
    model: str = ""


CAUSES = (
    "too-few-vitals",
    "out-of-distribution",
    "already-high",
    "child",
    "pregnant",
    "no-model",
    "model-failed",
)
"""Why a model says nothing. Counted per cause."""

RiskAnswer = RiskScore | Abstention
