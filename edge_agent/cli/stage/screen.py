"""The living table: one block a bed, large numbers, and the log below. Draws a `View`, knows nothing else."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from edge_agent.cli.stage.digits import ROWS, large
from edge_agent.cli.viewing.says import (
    CABLE,
    PROBE,
    age_line,
    alert_line,
    present,
    pressure,
    state_line,
    taken,
    trouble,
)
from edge_agent.cli.viewing.view import SILENCE, BedView, Entry, View, banner
from edge_agent.cli.viewing.words import NONE, clock, news2, reasons, risk, trend
from edge_agent.domain.alerts import Priority
from edge_agent.wire.payloads.alert import AlertRecord

LOUD = {"high": "bold white on red", "medium": "black on yellow", "low": "black on cyan", "info": "dim"}
"""Colours of IEC 60601-1-8 for indicators: high red, medium yellow, low cyan or yellow."""

TROUBLED = {CABLE: "bold magenta", PROBE: "bold yellow", "": "bold yellow"}
WIDE = 112
"""Columns from which numbers are large."""

TREND = 12
COLUMNS = (19, 11, TREND + 1, 11, TREND + 1, 21)
"""Widths of all columns but the last: name, SpO2 and its trend, pulse and its trend, other vitals."""

LOG_LINES = 6


class Frame:
    """What does not come from the agent: title, progress, and what was said about the simulation."""

    def __init__(self, title: str, note: str) -> None:
        """Take two lines for the head."""
        self.title = title
        self.note = note
        self.progress = ""


def picture(view: View, frame: Frame, now: int, console: Console) -> RenderableType:
    """Return the whole screen at `now` (ns)."""
    roomy = console.width >= WIDE and console.height >= len(view.beds) * (ROWS + 2) + LOG_LINES + 6
    draw, most = (_wide, 2) if roomy else (_narrow, 1)
    words = banner(view, now)
    loud = Text(words.center(console.width), style="bold white on red", no_wrap=True)
    blocks: list[RenderableType] = [_head(view, frame, now), _cropped(Text(frame.note, style="dim"))]
    blocks.append(loud if words else Rule(style="dim"))
    for bed in sorted(view.beds.values(), key=lambda bed: (len(bed.bed), bed.bed)):
        blocks.append(draw(bed, view, now, console.width))
        blocks.extend(_alerts(bed, now, most))
    blocks.append(Rule(style="dim"))
    blocks.extend(_gateway(view))
    entries = [_entry(entry, view.wall_offset) for entry in view.log[-LOG_LINES:]]
    blocks.extend([*entries, *[Text("")] * (LOG_LINES - len(entries))])
    return Group(*blocks)


def _head(view: View, frame: Frame, now: int) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right", no_wrap=True)
    title = Text.assemble((" SIMULATED ", "bold black on bright_white"), "  ", (frame.title, "bold"))
    row.add_row(title, Text(f"{frame.progress}   {clock(now, view.wall_offset)}"))
    return row


def _wide(bed: BedView, view: View, now: int, columns: int) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    for width in (*COLUMNS, columns - sum(COLUMNS) - len(COLUMNS)):
        row.add_column(width=width, no_wrap=True, overflow="ellipsis")
    row.add_row(
        _name(bed, now),
        _number(bed, "spo2", now, "bold bright_cyan"),
        _line(bed, "spo2", "SpO2 %", now, "cyan"),
        _number(bed, "pulse", now, "bold bright_green"),
        _line(bed, "pulse", "pulse /min", now, "green"),
        _others(bed, view, now),
        _scores(bed),
    )
    return row


def _narrow(bed: BedView, view: View, now: int, _columns: int) -> RenderableType:
    line = _cropped()
    line.append(f" BED {bed.bed} ", style="bold reverse")
    for quantity, unit, style in (("spo2", "%", "bold bright_cyan"), ("pulse", "/min", "bold bright_green")):
        line.append(f"{_plain(bed, quantity, now):>5} {unit} ", style=style)
        line.append(f"{trend(quantity, bed.trends.get(quantity, ()), TREND)} {age_line(bed, quantity, now):<9}")
    line.append(f" RR {_plain(bed, 'respiratory_rate', now)}\n")
    pieces = (state_line(bed, now), f"NEWS2 {news2(bed.score)}", f"risk {risk(bed.score)}")
    line.append("  ".join((*pieces, taken(bed, "systolic", "BP", view.wall_offset))), style="dim")
    return line


def _name(bed: BedView, now: int) -> Text:
    what, _ = trouble(bed)
    seen = bed.alerts is not None and bed.alerts.monitored and now - bed.vitals_at < SILENCE
    style = "dim" if seen else TROUBLED.get(what, "bold yellow")
    state = (f"{state_line(bed, now)}\n", style)
    return Text.assemble((f" BED {bed.bed} ", "bold reverse"), "\n", state, (what, TROUBLED.get(what, "")))


def _number(bed: BedView, quantity: str, now: int, style: str) -> Text:
    value = bed.value(quantity, now)
    present = value is not None and now - bed.vitals_at < SILENCE
    return Text("\n".join(large(NONE if value is None else str(value), 3)), style=style if present else "dim")


def _line(bed: BedView, quantity: str, label: str, now: int, style: str) -> Text:
    bars = trend(quantity, bed.trends.get(quantity, ()), TREND)
    return Text.assemble((f"{label}\n", "bold"), (f"{bars}\n", style), (age_line(bed, quantity, now), "dim"))


def _others(bed: BedView, view: View, now: int) -> Text:
    lines = []
    if bed.stream("respiratory_rate"):
        lines.append(f"breathing {_plain(bed, 'respiratory_rate', now)} /min")
    if bed.stream("systolic"):
        warm = f"   {_plain(bed, 'temperature', now)} °C" if bed.stream("temperature") else ""
        lines += [f"{pressure(bed, now)} mmHg{warm}", taken(bed, "systolic", "BP", view.wall_offset)]
    return Text("\n".join(lines))


def _scores(bed: BedView) -> Text:
    loud = {"high": "bold red", "medium": "bold yellow", "low-medium": "yellow"}
    rule = bed.score.rule if bed.score else None
    style = loud.get(rule.risk, "") if rule else ""
    return Text.assemble(
        ("NEWS2 ", "bold"),
        (f"{news2(bed.score)}\n", style),
        ("risk ", "bold"),
        f"{risk(bed.score)} within 6 h\n",
        (reasons(bed.score), "dim"),
    )


def _plain(bed: BedView, quantity: str, now: int) -> str:
    value = bed.value(quantity, now)
    return NONE if value is None else str(value)


def _alerts(bed: BedView, now: int, most: int) -> list[RenderableType]:
    alerts = present(bed)
    if not alerts:
        return [Text("  no alert", style="dim"), *[Text("")] * (most - 1)]
    lines = [_alert(bed, alert, now) for alert in alerts[:most]]
    if len(alerts) > most:
        lines[-1].append(f"  and {len(alerts) - most} more", style="dim")
    return [*lines, *[Text("")] * (most - len(lines))]


def _alert(bed: BedView, alert: AlertRecord, now: int) -> Text:
    badge = (f" {alert.priority.value.upper()} ", LOUD[alert.priority.value])
    style = "bold" if alert.priority in (Priority.HIGH, Priority.MEDIUM) else ""
    text = Text.assemble("  ", badge, " ", (f"BED {bed.bed}: {alert_line(bed, alert, now)}", style))
    return _cropped(text)


def _gateway(view: View) -> list[RenderableType]:
    present = view.gateway.alerts if view.gateway else ()
    return [Text(f"GATEWAY: {alert.text}", style=LOUD[alert.priority.value]) for alert in present]


def _entry(entry: Entry, wall_offset: int) -> Text:
    styles = {"story": "italic bright_white", "agent": "", "broker": "dim"}
    text = _cropped()
    text.append(f"{clock(entry.at, wall_offset)}  ", style="dim")
    text.append(f"{entry.source:<7}", style="dim")
    if entry.loud:
        text.append(f" {entry.loud.upper()} ", style=LOUD[entry.loud])
        text.append(" ")
    text.append(entry.text, style=styles[entry.source])
    return text


def _cropped(text: Text | None = None) -> Text:
    """Return a text that ends in an ellipsis where the screen does, so that the picture keeps its height."""
    text = Text() if text is None else text
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
