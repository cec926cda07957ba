"""One score per bed: one invoke for all beds and all their occlusions, a calibrated probability, what drives it.

Floats live here and in `features` alone; what leaves is a `RiskScore` or an `Abstention`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edge_agent.domain.windows import QUANTITIES, Abstention, Driver, RiskAnswer, RiskScore, Window
from edge_agent.risk import abstain, features, golden
from edge_agent.risk.bundle import MANIFEST, Bundle, BundleError, agrees, load
from edge_agent.risk.features import VIEWS, Beds, Derived
from edge_agent.risk.quantise import Int8, to_int8, to_real
from edge_agent.risk.runtime import open_model

DECIMALS = 3
"""Digits kept behind the point of what a person reads; more is float noise."""


class Judgement(NamedTuple):
    """Of `n` beds: `causes` (`abstain.SPOKEN` where there is a score), raw `logits`, calibrated `probabilities`."""

    causes: abstain.Causes
    logits: Int8
    probabilities: npt.NDArray[np.float64]


class Scorer:
    """A bundle opened on the runtime of this machine. Use from one thread at a time."""

    def __init__(self, bundle: Bundle) -> None:
        """Open the model and compare it with the manifest. Raises BundleError or RuntimeUnavailableError."""
        self.bundle = bundle
        self.manifest = bundle.manifest
        if self.manifest.input.features != features.DEFINITION:
            problem = f"is {self.manifest.input.features}, a ward needs {features.DEFINITION}"
            raise BundleError(f"{MANIFEST} input.features", problem, "Choose a bundle for vital signs")
        self.model = open_model(bundle.model)
        agrees(bundle, self.model.input, self.model.output)
        self.model_sha256 = hashlib.sha256(bundle.model).hexdigest()
        self.runtime = self.model.runtime

    def selftest(self) -> None:
        """Run the golden vectors, features and all. Raises BundleError if one differs by more than its tolerance."""
        golden.check(self.bundle, self.model)

    def score(self, windows: Sequence[Window]) -> list[RiskAnswer]:
        """Answer for every window, in order. Never raises: where the runtime fails, all of them are abstentions."""
        try:
            return self._answers(features.from_windows(windows)) if windows else []
        except Exception as error:  # noqa: BLE001 - native code may raise anything, and no rule may wait for it or fall with it
            failed = Abstention("model-failed", f"{self.runtime}: {error!r}", self.manifest.name)
            return [failed] * len(windows)

    def judge(self, beds: Beds) -> Judgement:
        """Score many beds without explaining: what training evaluates. Raises whatever the runtime raises."""
        derived = features.derive(beds)
        logits = self._logits(derived)
        return Judgement(self._causes(beds, derived), logits, self._probabilities(logits))

    def _answers(self, beds: Beds) -> list[RiskAnswer]:
        """Score and explain all beds in one invoke."""
        seen = features.derive(features.with_occlusions(beds))
        logits = self._logits(seen).reshape(-1, VIEWS)
        whole = Derived(*(part[::VIEWS] for part in seen))
        judged = Judgement(self._causes(beds, whole), logits[:, 0], self._probabilities(logits[:, 0]))
        drivers = _drivers(whole.carried, to_real(logits, self.manifest.output.quantisation))
        return [
            abstain.abstention(str(cause), bed, whole, self.manifest)
            if cause
            else self._scored(judged, bed, drivers[bed])
            for bed, cause in enumerate(judged.causes)
        ]

    def _scored(self, judged: Judgement, bed: int, drivers: tuple[Driver, ...]) -> RiskScore:
        """Make the record of one score."""
        return RiskScore(
            probability=float(judged.probabilities[bed]),
            drivers=drivers,
            logit_q=int(judged.logits[bed]),
            model=self.manifest.name,
            model_sha256=self.model_sha256,
            runtime=self.runtime,
        )

    def _causes(self, beds: Beds, derived: Derived) -> abstain.Causes:
        """Return per bed why it gets no score."""
        return abstain.causes(beds, derived, self.manifest)

    def _logits(self, derived: Derived) -> Int8:
        """Return the model's raw int8 output per window."""
        said = self.manifest.input
        batch = to_int8(features.normalised(derived.raw, said.channels), said.quantisation)
        return self.model.invoke(batch).reshape(len(batch))

    def _probabilities(self, logits: Int8) -> npt.NDArray[np.float64]:
        """Return the calibrated probabilities of int8 `logits`."""
        table = self.manifest.calibration
        return np.interp(to_real(logits, self.manifest.output.quantisation), table.logits, table.probabilities)


def open_scorer(folder: Path) -> Scorer:
    """Load the bundle in `folder`, open it, run its golden vectors. Raises BundleError or RuntimeUnavailableError."""
    scorer = Scorer(load(folder))
    scorer.selftest()
    return scorer


def _drivers(carried: features.Floats, odds: npt.NDArray[np.float64]) -> list[tuple[Driver, ...]]:
    """Return for each bed the quantities that were seen, what raises the risk most first.

    `carried` [n, SIGHT, 5] in vitals' units, `odds` [n, VIEWS] log-odds.
    """
    now, before = carried[:, -1].astype(np.float64), carried[:, -1 - features.TREND_HOURS]
    columns = np.stack([odds[:, :1] - odds[:, 1:], now, now - before], axis=-1).round(DECIMALS)
    return [tuple(sorted(_seen(bed), key=lambda driver: -driver.contribution)) for bed in columns.tolist()]


def _seen(rows: list[list[float]]) -> Iterator[Driver]:
    """Yield a driver for every quantity of one bed that has a value now. NaN becomes None."""
    for quantity, (contribution, value, trend) in zip(QUANTITIES, rows, strict=True):
        if not math.isnan(value):
            yield Driver(quantity, contribution, value, None if math.isnan(trend) else trend)
