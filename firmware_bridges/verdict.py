"""From what a device says of its sensor to one validity: a number on the wire is not a measurement."""

from __future__ import annotations

from collections.abc import Iterable

from firmware_bridges.vitals import Reading, Reason, Validity

_QUESTIONABLE = frozenset(
    {
        Reason.LOW_PERFUSION,
        Reason.WEAK_SIGNAL,
        Reason.ARTEFACT,
        Reason.EARLY_ESTIMATE,
        Reason.QUESTIONED_BY_DEVICE,
    }
)

Verdict = tuple[Validity, Reason]
"""May the number be used, and if not, why."""

FINE: Verdict = (Validity.VALID, Reason.OK)
"""The only verdict that lets a number through."""

_RANK = {Validity.VALID: 0, Validity.QUESTIONABLE: 1, Validity.INVALID: 2}


def verdict(reason: Reason) -> Verdict:
    """Return what `reason` alone does to a number: a doubtful signal is questionable, a missing one invalid."""
    if reason is Reason.OK:
        return FINE
    return (Validity.QUESTIONABLE if reason in _QUESTIONABLE else Validity.INVALID), reason


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict, the first of equals; `FINE` if there is none."""
    return max(verdicts, key=lambda each: _RANK[each[0]], default=FINE)


def invalid_unless_ok(at: int, frame: int, vital: str, value: int | None, reason: Reason) -> Reading:
    """Return a reading that is valid only with a value and without a reason: for devices that know no doubt."""
    if reason is Reason.OK:
        if value is not None:
            return Reading(at, frame, vital, value)
        reason = Reason.NOT_AVAILABLE
    return Reading(at, frame, vital, value, Validity.INVALID, reason)
