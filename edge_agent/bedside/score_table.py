"""What a rule score is: versioned data of bands and levels, without a line of code of its own."""

from __future__ import annotations

from enum import Enum
from hashlib import sha256

import msgspec

from edge_agent.domain.alerts import Priority
from edge_agent.domain.bands import Band
from edge_agent.domain.settings import SPOT_MAX_AGE_MIN
from edge_agent.domain.windows import Patient


class Span(msgspec.Struct, frozen=True):
    """Ages in years, both ends included; None is open."""

    youngest: int
    oldest: int | None = None

    def __contains__(self, years: int) -> bool:
        """Tell whether a patient of so many whole years belongs to it."""
        return self.youngest <= years and (self.oldest is None or years <= self.oldest)


class Row(msgspec.Struct, frozen=True):
    """One band table, valid where every input named in `where` has that value; empty: always."""

    bands: tuple[Band, ...]
    where: dict[str, str] = {}


class Measured(msgspec.Struct, frozen=True, tag="measured"):
    """A parameter that is a number: `vital` gives its resolution and unit."""

    name: str
    vital: str
    rows: tuple[Row, ...]


class Stated(msgspec.Struct, frozen=True, tag="stated"):
    """A parameter that a person states: points per level, mildest first. With two levels, false is the first."""

    name: str
    levels: dict[str, int]


class Laboratory(msgspec.Struct, frozen=True, tag="laboratory"):
    """A number that no bedside device sends, with its unit and how many decimals it is read with.

    `optional`: without it the score is complete, because its first edition did not have it.
    """

    name: str
    unit: str
    decimals: int
    highest: int
    bands: tuple[Band, ...]
    optional: bool = False


Parameter = Measured | Stated | Laboratory


class Tier(msgspec.Struct, frozen=True):
    """From `points` on: the standard's own name of the risk, what it recommends, and how loudly we say so."""

    points: int
    risk: str
    response: str
    priority: Priority | None = None


class Use(str, Enum):
    """Where a score may be used: `BEDSIDE` ones can be computed from what a bed knows; others by command alone."""

    BEDSIDE = "bedside"
    COMMAND = "command"


class ScoreTable(msgspec.Struct, frozen=True, kw_only=True):
    """One score.

    `chosen` are further inputs that select among rows, with their possible values; `assumed` those that hold unless
    somebody states otherwise. `single`: a tier that any one parameter of so many points reaches. `max_age_min`: how old
    a spot input may be unless the ward says otherwise. `notes`: what a reader must know, such as which of two editions
    was followed.
    """

    name: str
    title: str
    version: str
    source: str
    ages: Span
    in_pregnancy: bool
    parameters: tuple[Parameter, ...]
    tiers: tuple[Tier, ...]
    single: Tier | None = None
    chosen: dict[str, tuple[str, ...]] = {}
    assumed: dict[str, str] = {}
    use: Use = Use.BEDSIDE
    max_age_min: int = SPOT_MAX_AGE_MIN
    notes: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return the SHA-256 of the data, notes aside: every result carries it."""
        return sha256(msgspec.json.encode(msgspec.structs.replace(self, notes=()), order="sorted")).hexdigest()

    def refuses(self, patient: Patient) -> str:
        """Return why this score is not for `patient`, "" when it is, or when nothing speaks against it."""
        if patient.pregnant and not self.in_pregnancy:
            return f"{self.title} is not for pregnancy"
        if patient.age_years is not None and patient.age_years not in self.ages:
            upper = "" if self.ages.oldest is None else f" to {self.ages.oldest}"
            return f"{self.title} is for ages from {self.ages.youngest}{upper} years"
        return ""
