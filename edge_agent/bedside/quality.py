"""The quality gate: may this number be used? One gate guards one stream (one vital of one device).

What the device calls invalid or questionable is not used. What lies outside the physically possible is refused. A
jump larger than the vital can make between two frames waits for a second frame that agrees. Behind a weak or
missing frame check no single frame counts: a value is the median of the last accepted and the two newest frames, so
that one corrupt frame can neither raise nor clear.
"""

from __future__ import annotations

from statistics import median_low

import msgspec

from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Mode, Strength
from firmware_bridges.vitals import Reading, Reason, Validity


class Plausible(msgspec.Struct, frozen=True):
    """Bounds in units of the vital's resolution: the possible range, and the largest step between two frames."""

    lowest: int
    highest: int
    step: int


PLAUSIBLE: dict[str, Plausible] = {
    "heart_rate": Plausible(0, 350, 40),
    "pulse_rate": Plausible(15, 350, 40),
    "pulse_rate_nibp": Plausible(15, 350, 40),
    "spo2": Plausible(1, 100, 10),
    "respiratory_rate": Plausible(0, 120, 15),
    "systolic": Plausible(20, 300, 60),
    "diastolic": Plausible(10, 250, 60),
    "mean_pressure": Plausible(10, 280, 60),
    "temperature": Plausible(240, 460, 10),
    "perfusion_index": Plausible(0, 3000, 3000),
    "glucose": Plausible(5, 1500, 1500),
    "glucose_interstitial": Plausible(5, 1500, 1500),
    "weight": Plausible(30, 50000, 50000),
}
"""A heart rate or respiratory rate of 0 is possible and must alert.

An oximeter that counts no pulse has none to report.

Ranges are wider than any limit (glucose 5 to 1500 mg/dL, weight 0.3 to 500 kg); steps exceed the largest
second-to-second change in the BIDMC recordings (pulse 25, SpO2 3, respiration 8), measured on all 33.
"""

MEMORY = 10 * SECOND
"""An accepted value older than this no longer judges a jump."""


class Gate(msgspec.Struct):
    """The gate's state.

    The last accepted value, the frame before this one, and how many frames said 'nothing there'.
    """

    accepted: int | None = None
    accepted_at: int = 0
    before: int | None = None
    before_at: int = 0
    before_frame: int = -1
    invalid_frames: int = 0

    def judge(self, reading: Reading, strength: Strength, mode: Mode) -> tuple[int | None, Reason]:
        """Return (value, OK) for a usable reading, else (None, why not)."""
        if reading.validity is not Validity.VALID:
            self.before = None
            self.invalid_frames += 1
            return None, reading.reason
        bounds = PLAUSIBLE[reading.vital]
        value = reading.value
        if value is None or not bounds.lowest <= value <= bounds.highest:
            self.before = None
            return None, Reason.NOT_AVAILABLE if value is None else Reason.OUT_OF_RANGE
        self.invalid_frames = 0
        if mode is Mode.CONTINUOUS:
            return self._continuous(reading, value, strength, bounds.step)
        self._accept(value, reading.at)
        return value, Reason.OK

    def _continuous(self, reading: Reading, value: int, strength: Strength, step: int) -> tuple[int | None, Reason]:
        before = self.before if reading.at - self.before_at <= MEMORY and reading.frame > self.before_frame else None
        last = self.accepted if self.accepted is not None and reading.at - self.accepted_at <= MEMORY else None
        self.before, self.before_at, self.before_frame = value, reading.at, reading.frame
        if strength is Strength.STRONG:
            settled = value if last is None or abs(value - last) <= step else None
        else:
            settled = None if before is None or last is None else median_low((last, before, value))
        if settled is None:
            if before is None or abs(value - before) > step:
                return None, Reason.UNCONFIRMED if strength is not Strength.STRONG else Reason.IMPLAUSIBLE_CHANGE
            settled = value
        self._accept(settled, reading.at)
        return settled, Reason.OK

    def _accept(self, value: int, at: int) -> None:
        self.accepted, self.accepted_at = value, at

    def surely_invalid(self, strength: Strength) -> bool:
        """Tell whether enough frames called the value invalid to believe it."""
        return self.invalid_frames >= (1 if strength is Strength.STRONG else 2)
