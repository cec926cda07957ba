from __future__ import annotations

import pytest

from firmware_bridges.verdict import FINE, conditions, from_memory, invalid_unless_ok, judged, verdict, worst
from firmware_bridges.vitals import Reading, Reason, Validity

WELL = Reading(5, 3, "spo2", 97)
NONE = Reading(5, 3, "spo2", None)
DOUBTFUL, WRONG = verdict(Reason.LOW_PERFUSION), verdict(Reason.SENSOR_OFF)


def quality(reading: Reading) -> tuple[int | None, Validity, Reason]:
    return reading.value, reading.validity, reading.reason


def test_a_doubtful_signal_is_questionable_and_whatever_else_is_wrong_invalid() -> None:
    questionable = {reason for reason in Reason if verdict(reason)[0] is Validity.QUESTIONABLE}
    assert {reason.value for reason in questionable} == {
        "low-perfusion",
        "weak-signal",
        "artefact",
        "early-estimate",
        "questioned-by-device",
    }
    assert [reason for reason in Reason if verdict(reason)[0] is Validity.VALID] == [Reason.OK]
    assert all(verdict(reason)[1] is reason for reason in Reason)


def test_the_worst_counts_and_of_equals_the_first() -> None:
    artefact, searching = verdict(Reason.ARTEFACT), verdict(Reason.SEARCHING)
    assert worst([]) == FINE
    assert worst([FINE, DOUBTFUL, artefact]) == DOUBTFUL
    assert worst([artefact, WRONG, searching]) == WRONG


def test_conditions_are_told_once_in_their_order() -> None:
    assert conditions([DOUBTFUL, FINE, WRONG, DOUBTFUL]) == (Reason.SENSOR_OFF, Reason.LOW_PERFUSION)
    assert conditions([FINE]) == ()


@pytest.mark.parametrize(
    ("value", "reason", "expected"),
    [
        (97, Reason.OK, (97, Validity.VALID, Reason.OK)),
        (None, Reason.OK, (None, Validity.INVALID, Reason.NOT_AVAILABLE)),
        (97, Reason.LOW_PERFUSION, (97, Validity.INVALID, Reason.LOW_PERFUSION)),
        (None, Reason.SENSOR_OFF, (None, Validity.INVALID, Reason.SENSOR_OFF)),
    ],
)
def test_a_device_that_knows_no_doubt(
    value: int | None, reason: Reason, expected: tuple[int | None, Validity, Reason]
) -> None:
    reading = invalid_unless_ok(5, 3, "spo2", value, reason)
    assert quality(reading) == expected
    assert (reading.at, reading.frame, reading.vital, reading.stored) == (5, 3, "spo2", False)


def test_a_device_that_knows_doubt() -> None:
    assert quality(judged(WELL, [])) == (97, Validity.VALID, Reason.OK)
    assert quality(judged(WELL, [Reason.ARTEFACT])) == (97, Validity.QUESTIONABLE, Reason.ARTEFACT)
    assert quality(judged(WELL, [Reason.ARTEFACT, Reason.DEMO])) == (97, Validity.INVALID, Reason.DEMO)
    assert quality(judged(NONE, [])) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert quality(judged(NONE, [Reason.ARTEFACT])) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)
    assert quality(judged(NONE, [Reason.SENSOR_OFF])) == (None, Validity.INVALID, Reason.SENSOR_OFF)


def test_what_comes_from_memory_is_never_valid() -> None:
    fresh, off = from_memory(WELL), from_memory(judged(NONE, [Reason.SENSOR_OFF]))
    assert quality(fresh) == (97, Validity.INVALID, Reason.STORED)
    assert quality(from_memory(judged(WELL, [Reason.ARTEFACT]))) == (97, Validity.INVALID, Reason.STORED)
    assert quality(off) == (None, Validity.INVALID, Reason.SENSOR_OFF)
    assert fresh.stored
    assert off.stored
