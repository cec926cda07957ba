"""What a result segment (OBX) of a monitor says: which vital, what number, in which unit, and what that is worth.

Names and codes disagree in the field, so the name (OBX-3.2) decides before the code (OBX-3.1) and that before the
containment path (OBX-4), as devices.md section 2.11 found it. A unit that is not known is none: the number is refused.
Invasive pressures, gases and respiration measured at the airway are passed over.

Source: conventions.md B3 (MDC, LOINC); IEEE 11073-10101 (units) and 11073-10408 (sites of a thermometer); HL7 Version
2.6 tables 0078 and 0085; IHE Patient Care Device Technical Framework, volume 2, OBX-8 (status of a measurement).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from firmware_bridges.framing import FrameError
from firmware_bridges.hl7 import Segment
from firmware_bridges.units import celsius_from_fahrenheit, mmhg_from_kpa
from firmware_bridges.verdict import verdict, worst
from firmware_bridges.vitals import VITALS, Reason


class Term(NamedTuple):
    """What a code names: a vital, and where it is measured if the code says so."""

    vital: str
    site: str = ""


_OWN = (
    "heart_rate",
    "pulse_rate",
    "pulse_rate_nibp",
    "spo2",
    "respiratory_rate",
    "systolic",
    "diastolic",
    "mean_pressure",
    "temperature",
    "perfusion_index",
)
_ALIASES = (
    (149522, "MDC_PULS_RATE", Term("pulse_rate")),
    (151578, "MDC_TTHOR_RESP_RATE", Term("respiratory_rate")),
    (151658, "MDC_PULS_OXIM_PLETH_RESP_RATE", Term("respiratory_rate")),
    (150301, "MDC_PRESS_CUFF_SYS", Term("systolic")),
    (150302, "MDC_PRESS_CUFF_DIA", Term("diastolic")),
    (150303, "MDC_PRESS_CUFF_MEAN", Term("mean_pressure")),
    (150344, "MDC_TEMP", Term("temperature")),
    (150392, "MDC_TEMP_TYMP", Term("temperature", "tympanum")),
    (188420, "MDC_TEMP_RECT", Term("temperature", "rectum")),
    (188424, "MDC_TEMP_ORAL", Term("temperature", "mouth")),
    (188428, "MDC_TEMP_EAR", Term("temperature", "ear")),
    (188496, "MDC_TEMP_AXIL", Term("temperature", "armpit")),
)
NAMES = {VITALS[vital].mdc_name: Term(vital) for vital in _OWN} | {name: term for _, name, term in _ALIASES}
"""Vitals by their name in IEEE 11073-10101, with the variants that monitors send."""

CODES = {str(VITALS[vital].mdc): Term(vital) for vital in _OWN} | {str(code): term for code, _, term in _ALIASES}
"""Vitals by their number in IEEE 11073-10101."""

LOINC = {
    **{VITALS[vital].loinc: Term(vital) for vital in reversed(_OWN)},
    "8889-8": Term("pulse_rate"),
    "59408-5": Term("spo2"),
}
"""Vitals by LOINC. 8867-4 is shared by every rate of the heart: without more it is read as the ECG's."""


def term_of(result: Segment) -> Term | None:
    """Return the vital of an OBX segment; None for any other result."""
    parts = [*result.components(3), "", "", "", "", "", ""]
    for code, name, system in (parts[0:3], parts[3:6]):
        if name.startswith("MDC"):
            return NAMES.get(name)
        if system == "LN" and code in LOINC:
            return LOINC[code]
        if system in ("", "MDC") and code in CODES:
            return CODES[code]
    path = result.text(4).rsplit(".", 1)[-1]
    return CODES.get(path) if parts[2] in ("", "MDC") else None


_Convert = Callable[[Decimal], Decimal]
_SHARE, _RATE = "%", "/min"


def _as_is(value: Decimal) -> Decimal:
    return value


_UNITS: dict[str, dict[_Convert, str]] = {
    _SHARE: {_as_is: "% 262688 MDC_DIM_PERCENT"},
    _RATE: {
        _as_is: "/min bpm rpm {beat}/min {beats}/min {breath}/min {breaths}/min {resp}/min 264672 MDC_DIM_PER_MIN "
        "264864 MDC_DIM_BEAT_PER_MIN 264928 MDC_DIM_RESP_PER_MIN"
    },
    "mm[Hg]": {_as_is: "mm[Hg] mmHg 266016 MDC_DIM_MMHG", mmhg_from_kpa: "kPa 265987 MDC_DIM_KILO_PASCAL"},
    "Cel": {_as_is: "Cel 268192 MDC_DIM_DEGC", celsius_from_fahrenheit: "[degF] 266560 MDC_DIM_FAHR"},
}
CONVERSIONS = {
    unit: {name: convert for convert, names in known.items() for name in names.split()}
    for unit, known in _UNITS.items()
}
"""How to come to a vital's unit, by that unit and what the sender writes: UCUM, or the name or number of the MDC."""

_UNMISTAKABLE = (_SHARE, _RATE)
"""Units that a result may leave out: nobody measures these vitals in another."""

_NO_NUMBER = Decimal(8388607)
"""Stands for none, as every negative number does (-1, -99.9, -100, -999); devices.md section 2.11."""

_NUMBER = re.compile(r"[+-]?\d{1,7}(?:\.\d{0,6})?")


def value_of(result: Segment, vital: str) -> int | None:
    """Return the number in units of the vital's resolution; None where none stands. FrameError("unit") if unknown."""
    text = result.raw(5).strip()
    if _NUMBER.fullmatch(text) is None:
        return None
    number = Decimal(text)
    if number < 0 or number == _NO_NUMBER:
        return None
    return VITALS[vital].scaled(_conversion(result, VITALS[vital].ucum)(number))


def _conversion(result: Segment, unit: str) -> _Convert:
    """Return the one conversion on which all parts of OBX-6 that are understood agree."""
    known = CONVERSIONS[unit]
    found = {known[part] for part in result.components(6) if part in known}
    if not result.raw(6) and unit in _UNMISTAKABLE:
        return _as_is
    if len(found) != 1:
        raise FrameError("unit")
    return found.pop()


FLAGS = {
    "DEMO": Reason.DEMO,
    "TEST": Reason.TEST,
    "CAL": Reason.CALIBRATING,
    "INV": Reason.NOT_AVAILABLE,
    "NAV": Reason.NOT_AVAILABLE,
    "QUES": Reason.QUESTIONED_BY_DEVICE,
    "EARLY": Reason.EARLY_ESTIMATE,
    "BUSY": Reason.EARLY_ESTIMATE,
}
"""OBX-8: what a flag does to the number. Of the same flags, the first is the one to write."""

_HARMLESS = frozenset(
    ("N", "L", "H", "LL", "HH", "A", "AA", "ALACT", "ALINH", "PH", "PM", "PL", "PN", "SP", "ST", "SA")
)
"""OBX-8: beyond a limit or in alarm. The number is as good as any."""

STATUSES = {
    "": Reason.OK,
    "F": Reason.OK,
    "R": Reason.OK,
    "C": Reason.OK,
    "P": Reason.EARLY_ESTIMATE,
    "S": Reason.EARLY_ESTIMATE,
    "X": Reason.NOT_AVAILABLE,
    "D": Reason.NOT_AVAILABLE,
    "W": Reason.NOT_AVAILABLE,
    "N": Reason.NOT_AVAILABLE,
    "O": Reason.NOT_AVAILABLE,
    "I": Reason.NOT_AVAILABLE,
    "U": Reason.NOT_AVAILABLE,
}
"""OBX-11: final, entered and corrected count, preliminary is doubtful; not obtained, deleted or wrong is no number."""

_CORRECTED = "C"


class Said(NamedTuple):
    """A result: a vital, its number in units of its resolution, the worst said of it, and whether it corrects one."""

    vital: str
    value: int | None
    reason: Reason
    site: str
    corrects: bool


def said_of(result: Segment) -> Said | None:
    """Return what an OBX segment says of a vital; None for any other result. FrameError("unit") as `value_of`."""
    term = term_of(result)
    if term is None:
        return None
    _, reason = worst(verdict(each) for each in reasons_of(result))
    return Said(term.vital, value_of(result, term.vital), reason, term.site, result.raw(11) == _CORRECTED)


def reasons_of(result: Segment) -> Iterator[Reason]:
    """Yield what status and flags say of the number; what is not understood is not trusted."""
    yield STATUSES.get(result.raw(11), Reason.QUESTIONED_BY_DEVICE)
    for flag in result.repetitions(8):
        if flag not in _HARMLESS:
            yield FLAGS.get(flag, Reason.QUESTIONED_BY_DEVICE)
