"""The table of beds: a line each, values with their ages; where it is too narrow, the least of them go first. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from edge_agent.cli.viewing.says import present, pressure, state_line
from edge_agent.cli.viewing.view import BedView
from edge_agent.cli.viewing.words import NONE, reasons, risk, rule_score, short, trend
from edge_agent.cli.watching.lines import cropped, hung
from edge_agent.cli.watching.ward import Place, Ward, unconnected

TREND = 10
INDENT = 6
GAP = "  "
TITLES = ("BED", "SpO2 %", "", "PULSE", "", "RESP", "BP", "TEMP", "SCORE", "RISK", "")
DISPENSABLE = (10, 4, 2, 9, 7, 6, 5)
"""Columns by place, the first to go first: what drives the risk, trends, risk, temperature, pressure, respiration."""

CALM, ALERTING, LOST = "monitored, no alert", "with alerts", "NOT CONNECTED"


class Row(NamedTuple):
    """A bed as it is shown: its cells, its name alone where nothing is known; its state in words, and of which kind."""

    place: Place
    cells: list[Text]
    state: Text
    kind: str

    @property
    def urgency(self) -> int:
        """Return what is to be seen first where not all can be."""
        return {CALM: 0, ALERTING: 2, LOST: 3}.get(self.kind, 1)


class Beds(NamedTuple):
    """All beds of a ward as they would be drawn in `width` columns."""

    ward: Ward
    width: int
    header: Text
    rows: list[Row]
    blocks: dict[Place, list[Text]]

    @property
    def wanted(self) -> int:
        """Return how many lines they would like to have."""
        return 1 + sum(map(len, self.blocks.values())) if self.rows else 0

    def drawn(self, room: int, chosen: Place | None) -> list[Text]:
        """Return at most `room` lines: every bed, or those that need somebody and lines that name the others."""
        if not self.rows:
            return []
        if self.wanted <= room:
            return [self.header, *(line for block in self.blocks.values() for line in block)]
        return [self.header, *self._most_urgent(room - 1, chosen)][: max(room, 1)]

    def _most_urgent(self, room: int, chosen: Place | None) -> list[Text]:
        shown: set[Place] = set()
        for row in sorted(self.rows, key=lambda row: (row.place != chosen, -row.urgency)):
            more = {*shown, row.place}
            if sum(len(self.blocks[place]) for place in more) + len(self._others(more)) > room:
                break
            shown = more
        drawn = [line for row in self.rows if row.place in shown for line in self.blocks[row.place]]
        return drawn + self._others(shown)

    def _others(self, shown: set[Place]) -> list[Text]:
        """Return the beds for which there is no line, by kind."""
        kinds: defaultdict[str, list[str]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: -row.urgency):
            if row.place not in shown:
                kinds[row.kind].append(self.ward.name(row.place))
        lines: list[Text] = []
        for kind, names in kinds.items():
            style = "dim" if kind == CALM else "bold white on red" if kind == LOST else "bold yellow"
            lead = ((f" and {len(names)} more ", "dim"), (f"{kind}:", style), (" ", ""))
            lines += hung(lead, ", ".join(names), "", self.width, INDENT)
        return lines


def table(ward: Ward, now: int, width: int) -> Beds:
    """Return every bed heard of at `now` (ns), in columns that fit."""
    rows = [_row(ward, place, bed, now) for place, bed in ward.beds()]
    widths = _columns(rows, width)
    header = cropped(_joined([Text(title, style="dim") for title in TITLES], widths), width)
    return Beds(ward, width, header, rows, {row.place: _block(row, widths, width) for row in rows})


def _row(ward: Ward, place: Place, bed: BedView, now: int) -> Row:
    name = Text(f" {ward.name(place)} ", style="bold reverse")
    if why := unconnected(ward, place, now):
        return Row(place, [name], Text(why, style="bold white on red"), LOST)
    cells = [
        name,
        _value(bed, "spo2", now, "bold bright_cyan"),
        _trend(bed, "spo2"),
        _value(bed, "pulse", now, "bold bright_green"),
        _trend(bed, "pulse"),
        _value(bed, "respiratory_rate", now, ""),
        _aged(pressure(bed, now), bed, "systolic", now, ""),
        _value(bed, "temperature", now, ""),
        Text(rule_score(bed.score)),
        Text(risk(bed.score)),
        Text(reasons(bed.score, 1) if bed.score and bed.score.risk else "", style="dim"),
    ]
    seen = bed.alerts is not None and bed.alerts.monitored
    state = Text(state_line(bed, now), style="dim" if seen else "bold yellow")
    return Row(place, cells, state, _kind(bed))


def _kind(bed: BedView) -> str:
    if bed.alerts is None or bed.alerts.status is None:
        return "not yet seen"
    if bed.alerts.monitored:
        return ALERTING if present(bed) else CALM
    return bed.alerts.status.value.lower()


def _value(bed: BedView, quantity: str, now: int, style: str) -> Text:
    value = bed.value(quantity, now)
    return _aged(NONE if value is None else str(value), bed, quantity, now, style)


def _aged(shown: str, bed: BedView, quantity: str, now: int, style: str) -> Text:
    """Return a value with its age; where there is none, the age is that of the last one."""
    age = bed.age(quantity, now)
    return Text.assemble((shown, "dim" if shown == NONE else style), ("" if age is None else f" {short(age)}", "dim"))


def _trend(bed: BedView, quantity: str) -> Text:
    points = bed.trends.get(quantity, ())
    return Text(trend(quantity, points, TREND) if points else "", style="dim")


def _columns(rows: list[Row], width: int) -> dict[int, int]:
    """Return the columns that fit beside the shortest state, by place, with their widths."""
    full = [row for row in rows if row.kind != LOST]
    widths = {
        each: max([cell_len(title), *(row.cells[each].cell_len for row in full)]) for each, title in enumerate(TITLES)
    }
    widths[0] = max([widths[0], *(row.cells[0].cell_len for row in rows)])
    for gone in DISPENSABLE:
        if sum(widths.values()) + len(GAP) * len(widths) + len("monitored") <= width:
            break
        del widths[gone]
    return widths


def _joined(cells: list[Text], widths: dict[int, int]) -> Text:
    line = Text()
    for place, width in widths.items():
        if place < len(cells):
            line.append_text(cells[place]).append(" " * (width - cells[place].cell_len) + GAP)
    return line


def _block(row: Row, widths: dict[int, int], width: int) -> list[Text]:
    """Return a bed's line, and one more for a state that does not fit and is not the usual one."""
    line = _joined(row.cells, widths)
    if row.kind == LOST or line.cell_len + row.state.cell_len <= width:
        return [cropped(line.append_text(row.state), width)]
    line.rstrip()
    if row.kind in (CALM, ALERTING):
        return [cropped(line, width)]
    return [cropped(line, width), cropped(Text(" " * INDENT).append_text(row.state), width)]
