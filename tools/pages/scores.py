"""docs/scores.md: every rule score with its bands, from the same table the bedside uses."""

from __future__ import annotations

from collections.abc import Iterator

from edge_agent.bedside.scores import news2
from edge_agent.bedside.words import NAMES
from edge_agent.domain.bands import (
    NEWS2_BANDS,
    NEWS2_NOT_ALERT_POINTS,
    NEWS2_OXYGEN_POINTS,
    NEWS2_SPO2_SCALE_2,
    Band,
)
from firmware_bridges.vitals import VITALS, Vital
from tools.markdown import page, table

PAGE = "scores.md"
POINTS = (3, 2, 1, 0, 1, 2, 3)
"""The columns of the printed chart: too low on the left, too high on the right."""


def write() -> str:
    """Return the page."""
    spo2 = VITALS["spo2"]
    rows = [(NAMES[quantity], *_chart(bands, _vital(quantity))) for quantity, bands in NEWS2_BANDS.items()]
    rows += [(f"SpO2 scale 2, on {gas}", *_chart(bands, spo2)) for gas, bands in NEWS2_SPO2_SCALE_2.items()]
    return page(
        "Scores",
        "## NEWS2",
        f"National Early Warning Score 2 (Royal College of Physicians, {news2.VERSION}), from the age of "
        f"{news2.MINIMUM_AGE}, not in pregnancy. SpO2 is on scale 1 unless scale 2 is prescribed. Points:",
        table(("", *map(str, POINTS)), rows),
        f"Supplemental oxygen: {NEWS2_OXYGEN_POINTS}; air: 0; not known: missing. Alert: 0; new confusion, voice, pain "
        f"or unresponsive: {NEWS2_NOT_ALERT_POINTS}. With anything missing the total is a lower bound.",
        table(("Risk", "Response"), news2.RESPONSES.items()),
    )


def _vital(quantity: str) -> Vital:
    return next(vital for vital in VITALS.values() if vital.quantity == quantity)


def _chart(bands: tuple[Band, ...], vital: Vital) -> Iterator[str]:
    """Yield the cells of one chart row: bands before the normal one lie left of the middle, later ones right."""
    normal = next(index for index, band in enumerate(bands) if band.points == 0)
    cells = dict.fromkeys(range(len(POINTS)), "")
    for index, band in enumerate(bands):
        column = 3 if index == normal else 3 - band.points if index < normal else 3 + band.points
        cells[column] = _span(bands[index - 1].up_to if index else None, band.up_to, vital)
    yield from cells.values()


def _span(above: int | None, up_to: int | None, vital: Vital) -> str:
    lowest = None if above is None else vital.decimal(above + 1)
    highest = None if up_to is None else vital.decimal(up_to)
    if lowest is None:
        return f"≤ {highest}"
    if highest is None:
        return f"≥ {lowest}"
    return str(lowest) if lowest == highest else f"{lowest} to {highest}"
