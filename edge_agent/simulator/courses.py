"""What happens to a patient: one course is an onset, a hold and a recovery of changes in some quantities.

Sizes and speeds are chosen to be seen in a demonstration and to stay within what wards see. They are no model of any
disease, and nothing may be trained or judged on them.
"""

from __future__ import annotations

import msgspec

from edge_agent.simulator.noise import smooth


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """One event in a patient's life, times in s of patient time.

    `effects` maps a quantity to its full change in its unit. The change grows for `onset_s`, holds for `holds_s` (None:
    for good) and goes back within `recovery_s`.
    """

    name: str
    begins_s: float
    onset_s: float
    effects: dict[str, float]
    holds_s: float | None = None
    recovery_s: float = 600

    def level(self, t_s: float) -> float:
        """Return how much of the change is there at `t_s`, 0 to 1."""
        since = t_s - self.begins_s
        if self.holds_s is None or since < self.onset_s + self.holds_s:
            return smooth(since / self.onset_s)
        return 1 - smooth((since - self.onset_s - self.holds_s) / self.recovery_s)


def desaturation(begins_s: float, *, holds_s: float | None = 120, depth: float = 13) -> Course:
    """Return a quick fall of SpO2 by `depth` %, such as a blocked airway, and its recovery."""
    effects = {"spo2": -depth}
    return Course(name="desaturation", begins_s=begins_s, onset_s=60, effects=effects, holds_s=holds_s, recovery_s=90)


def deterioration(begins_s: float, *, holds_s: float | None = None) -> Course:
    """Return respiratory failure within five minutes: SpO2 falls, breathing quickens, pressure begins to give way."""
    effects = {"spo2": -9.0, "respiratory_rate": 5.0, "systolic": -12.0, "temperature": 0.4}
    return Course(
        name="deterioration", begins_s=begins_s, onset_s=300, effects=effects, holds_s=holds_s, recovery_s=240
    )


def sepsis(begins_s: float, *, onset_s: float = 6 * 3600, share: float = 1.0) -> Course:
    """Return a sepsis-like drift over hours: fever, falling pressure, quick breathing; SpO2 follows a little.

    `share` of its full size: 0.5 is half as bad.
    """
    full = {"temperature": 1.6, "systolic": -26.0, "respiratory_rate": 6.0, "spo2": -3.0}
    effects = {quantity: change * share for quantity, change in full.items()}
    return Course(name="sepsis-like drift", begins_s=begins_s, onset_s=onset_s, effects=effects)
