"""What is known after some hours of a model at work: its answers, its inputs against training's, and one on trial.

Nothing of a patient is in it: counts and shares over all beds and hours, no value of anybody.
"""

from __future__ import annotations

import msgspec


class Drift(msgspec.Struct, frozen=True):
    """One input over all beds' hours against training.

    `distance`: the share of hours that would have to lie in another bin to be spread as in training (total variation,
    0 to 1), None without a single value. `missing` and `missing_in_training` are shares of hours.
    """

    name: str
    hours: int
    missing: float
    missing_in_training: float
    distance: float | None


class Agreement(msgspec.Struct, frozen=True):
    """Two models asked of the same windows: the one in use, and the one on trial (shadow).

    Of the windows that `both` scored: the mean difference (trial minus use), the mean distance, and how many each put
    at or above the ward's alert probability. `None` where there was none, or the ward alerts at none.
    """

    both: int
    only_used: int
    only_shadow: int
    neither: int
    mean_difference: float | None
    mean_distance: float | None
    both_above: int | None
    only_used_above: int | None
    only_shadow_above: int | None


class ModelDay(msgspec.Struct, frozen=True):
    """A model's day so far, or a `whole` one. `answers` counts scores under "scored" and abstentions by their cause.

    `shadow_answers` and `agreement` are None without a model on trial.
    """

    hours: float
    whole: bool
    answers: dict[str, int]
    drift: tuple[Drift, ...]
    shadow_answers: dict[str, int] | None
    agreement: Agreement | None
