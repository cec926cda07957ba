"""Scores: each bed has one that is for its patient, and a band table of it where it has several."""

from __future__ import annotations

from edge_agent.bedside.score_table import ScoreTable, Use
from edge_agent.bedside.scores import SCORES
from edge_agent.bedside.scores.bedside_pews import AGE_BANDS
from edge_agent.domain.settings import Bed, WardSettings
from edge_agent.gateway.config.sheet import Sheet
from edge_agent.gateway.config.words import Path, one_of, shown, suggestion

_CHOICES = [name for name, table in SCORES.items() if table.use is Use.BEDSIDE]


def check_scores(ward: WardSettings, sheet: Sheet) -> None:
    """Complain of an unknown score, of an adults' one for a child, and of a missing or contradicting band table."""
    for index, bed in enumerate(ward.beds):
        path: Path = ("beds", index)
        if not sheet.sound((*path, "score")):
            continue
        if bed.score not in _CHOICES:
            remedy = suggestion(bed.score, _CHOICES, "docs/scores.md says what each is for")
            sheet.complain((*path, "score"), f"the unknown score {shown(bed.score)}", one_of(_CHOICES), remedy)
        elif sheet.sound((*path, "patient")):
            _check_age(bed, path, sheet)
            _check_band(SCORES[bed.score], bed, path, sheet)


def _check_age(bed: Bed, path: Path, sheet: Sheet) -> None:
    """Refuse a score that is not for the patient's age. In pregnancy none of them alerts: limits still do."""
    years, table = bed.patient.age_years, SCORES[bed.score]
    if years is None or years in table.ages:
        return
    fitting = [name for name in _CHOICES if years in SCORES[name].ages]
    remedy = f"write `score: {fitting[0]}`"
    if SCORES[fitting[0]].chosen.get("age_band"):
        remedy += f" and `age_band: {_band_of(years)}`, as your site has chosen"
    found = f"{bed.score} for a patient of {years} years"
    sheet.complain((*path, "score"), found, one_of(fitting), remedy)


def _check_band(table: ScoreTable, bed: Bed, path: Path, sheet: Sheet) -> None:
    if not sheet.sound((*path, "age_band"), (*path, "score")):
        return
    bands = table.chosen.get("age_band", ())
    if bed.age_band not in bands and (bed.age_band or bands):
        remedy = "choose the patient's" if bands else "remove it, or choose a score for children"
        found = shown(bed.age_band) if bed.age_band else "nothing"
        sheet.complain((*path, "age_band"), found, one_of(bands), remedy)
    elif bands and bed.patient.age_years is not None and not _within(bed.patient.age_years, bed.age_band):
        found = f"{bed.age_band} for a patient of {bed.patient.age_years} years"
        sheet.complain((*path, "age_band"), found, _band_of(bed.patient.age_years), "correct one of the two")


def _within(years: int, band: str) -> bool:
    """Tell whether a child of so many completed years may be in the band, which counts in months."""
    first, end = AGE_BANDS[band]
    return years * 12 < end and years * 12 + 12 > first


def _band_of(years: int) -> str:
    return " or ".join(band for band in AGE_BANDS if _within(years, band))
