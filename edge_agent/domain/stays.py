"""Who is in a bed, as the ward's staff say: a pseudonymous stay, its own limits, and being off the ward."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec

from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Patient

LONGEST_ABSENCE = 3600 * SECOND
"""Nobody is off the ward, and unwatched on purpose, for more than an hour without somebody saying so again."""


class Stay(msgspec.Struct, frozen=True):
    """One patient's stay. `encounter` is a token that names nobody; `person` admitted, at `since` (ns)."""

    encounter: str
    patient: Patient
    person: str
    since: int


class AbsenceReason(str, Enum):
    """Why a patient is off the ward, coded, so that absences can be counted."""

    IMAGING = "imaging"
    SURGERY = "surgery"
    PROCEDURE = "procedure"
    THERAPY = "therapy"
    HYGIENE = "hygiene"
    WALK = "walk"
    OTHER = "other"


class Absence(msgspec.Struct, frozen=True):
    """A patient is off the ward: `person` answers for it until `until` (ns)."""

    reason: AbsenceReason
    person: str
    since: int
    until: int


class OwnLimit(msgspec.Struct, frozen=True):
    """A patient's own limit of one rule, in the vital's unit.

    Asked for without `deep_limit`, it gets the ward's deep one, or itself as one where that is not beyond it.
    """

    limit: Decimal
    deep_limit: Decimal | None = None


class OwnLimits(msgspec.Struct, frozen=True):
    """All of a patient's own limits by rule, with who set them, and when (ns)."""

    limits: dict[str, OwnLimit]
    person: str
    since: int
