"""From what a device says of its sensor to one validity: a number on the wire is not a measurement."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

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


def conditions(verdicts: Iterable[Verdict]) -> tuple[Reason, ...]:
    """Return the reasons of `verdicts`, each once, in the order of `Reason`: what a `DeviceStatus` says."""
    reasons = {reason for _, reason in verdicts} - {Reason.OK}
    return tuple(reason for reason in Reason if reason in reasons)


def invalid_unless_ok(at: int, frame: int, vital: str, value: int | None, reason: Reason) -> Reading:
    """Return a reading that is valid only with a value and without a reason: for devices that know no doubt."""
    if reason is Reason.OK:
        if value is not None:
            return Reading(at, frame, vital, value)
        reason = Reason.NOT_AVAILABLE
    return Reading(at, frame, vital, value, Validity.INVALID, reason)


def judged(reading: Reading, reasons: Iterable[Reason]) -> Reading:
    """Return `reading` with the worst that `reasons` do to its number; without a number it is never more than invalid.

    For devices that know doubt: low perfusion makes a number questionable, a sensor that is off makes it invalid.
    """
    validity, reason = worst(verdict(each) for each in reasons)
    if reading.value is None and validity is not Validity.INVALID:
        validity, reason = verdict(Reason.NOT_AVAILABLE)
    return msgspec.structs.replace(reading, validity=validity, reason=reason)


def from_memory(reading: Reading) -> Reading:
    """Return `reading` as history: never valid. What else is wrong with an invalid one stays its reason."""
    reason = reading.reason if reading.validity is Validity.INVALID else Reason.STORED
    return msgspec.structs.replace(reading, stored=True, validity=Validity.INVALID, reason=reason)
