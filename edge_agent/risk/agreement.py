"""How far a model on trial agrees with the one in use: running sums over the windows that both were asked of."""

from __future__ import annotations

import msgspec

from edge_agent.domain.trial import Agreement
from edge_agent.domain.windows import RiskAnswer, RiskScore

DECIMALS = 4
"""Digits kept of a mean."""


class Comparison(msgspec.Struct):
    """Counts and sums; `agreement` says what they mean."""

    both: int = 0
    only_used: int = 0
    only_shadow: int = 0
    neither: int = 0
    difference: float = 0.0
    distance: float = 0.0
    both_above: int = 0
    only_used_above: int = 0
    only_shadow_above: int = 0

    def add(self, used: RiskAnswer, shadow: RiskAnswer, threshold: float | None) -> None:
        """Count the two answers to one window; `threshold` is the ward's alert probability, None for none."""
        if isinstance(used, RiskScore) and isinstance(shadow, RiskScore):
            self.both += 1
            self.difference += shadow.probability - used.probability
            self.distance += abs(shadow.probability - used.probability)
            if threshold is not None:
                self._above(used.probability >= threshold, shadow.probability >= threshold)
        elif isinstance(used, RiskScore):
            self.only_used += 1
        elif isinstance(shadow, RiskScore):
            self.only_shadow += 1
        else:
            self.neither += 1

    def _above(self, used: bool, shadow: bool) -> None:  # noqa: FBT001 - two answers to one question, in the order of `add`
        self.both_above += used and shadow
        self.only_used_above += used and not shadow
        self.only_shadow_above += shadow and not used

    def agreement(self, threshold: float | None) -> Agreement:
        """Return what the counts mean; where the ward alerts at no probability, nothing is above it."""
        alerts = threshold is not None
        return Agreement(
            both=self.both,
            only_used=self.only_used,
            only_shadow=self.only_shadow,
            neither=self.neither,
            mean_difference=round(self.difference / self.both, DECIMALS) if self.both else None,
            mean_distance=round(self.distance / self.both, DECIMALS) if self.both else None,
            both_above=self.both_above if alerts else None,
            only_used_above=self.only_used_above if alerts else None,
            only_shadow_above=self.only_shadow_above if alerts else None,
        )
