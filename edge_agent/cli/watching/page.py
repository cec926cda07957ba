"""The page: one line a bed, the alerts below with the reasons of the chosen one, then what happened. Pure."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from edge_agent.cli.viewing.says import age_line, alert_line, pressure, state_line
from edge_agent.cli.viewing.view import BedView
from edge_agent.cli.viewing.words import NONE, ago, clock, news2, reasons, risk, span, trend
from edge_agent.cli.watching.desk import Desk, index
from edge_agent.cli.watching.ward import Place, Target, Ward, listeners, unconnected
from edge_agent.domain.alerts import Priority
from edge_agent.wire.payloads.alert import AlertRecord, Status
from firmware_bridges.vitals import VITALS

LOUD = {"high": "bold white on red", "medium": "black on yellow", "low": "black on cyan", "info": "dim"}
"""Colours of IEC 60601-1-8:2006+A2:2020, table 2: high red, medium yellow, low cyan or yellow."""

LOG_LINES = 5
TREND = 10


def page(ward: Ward, desk: Desk, now: int) -> RenderableType:
    """Return the whole page at `now` (ns)."""
    targets = ward.targets()
    blocks = [*_head(ward, now), _beds(ward, now), Rule(style="dim")]
    blocks += _alerts(ward, desk, targets, now) or [Text(f" {calm(ward, now)}", style="bold")]
    blocks += [Rule(style="dim"), *_log(ward), _foot(desk)]
    return Group(*blocks)


def calm(ward: Ward, now: int) -> str:
    """Return what is said when there is no alert to show: that is good news only of beds that are connected."""
    unseen = [place.bed for place, _ in ward.beds() if unconnected(ward, place, now)]
    if not ward.beds():
        return "No bed has been heard of yet." if ward.up else "This screen has no broker: nothing is known."
    if unseen:
        return f"NOTHING IS KNOWN of {'bed' if len(unseen) == 1 else 'beds'} {', '.join(unseen)}."
    return "No alert."


def _head(ward: Ward, now: int) -> list[RenderableType]:
    row = Table.grid(expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right", no_wrap=True)
    broker = "" if ward.up else f"   THIS SCREEN HAS NO BROKER{f' for {span(now - ward.since)}' if ward.since else ''}"
    row.add_row(Text(f"WARD {ward.ward}, {ward.site}{broker}", style="bold"), Text(clock(now, ward.wall_offset)))
    return [row, *(_gateway(ward, gateway) for gateway in sorted(ward.views))]


def _gateway(ward: Ward, gateway: str) -> Text:
    view = ward.views[gateway]
    said = "never online" if view.presence is None else view.presence.value
    who = listeners(ward, gateway)
    line = Text.assemble((f"{gateway}: {said}, ", "dim"), (who, "bold white on red" if who.isupper() else "dim"))
    for alert in view.gateway.alerts if view.gateway else ():
        line.append(f"  {alert.text}", style=LOUD[alert.priority.value])
    return line


def _beds(ward: Ward, now: int) -> RenderableType:
    table = Table(box=None, padding=(0, 1), expand=True, header_style="dim")
    for title in ("BED", "SpO2 %", "", "PULSE", "", "RESP", "BP", "TEMP", "NEWS2", "RISK"):
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    table.add_column("STATE", ratio=1, no_wrap=True, overflow="ellipsis")
    for place, bed in ward.beds():
        table.add_row(*_bed(ward, place, bed, now))
    return table


def _bed(ward: Ward, place: Place, bed: BedView, now: int) -> list[RenderableType]:
    why = unconnected(ward, place, now)
    name = Text(f" {place.bed} ", style="bold reverse")
    if why:
        return [name, *[Text(NONE, style="dim")] * 9, Text(why, style="bold white on red")]
    seen = bed.alerts is not None and bed.alerts.monitored
    return [
        name,
        _value(bed, "spo2", now, "bold bright_cyan"),
        _trend(bed, "spo2", now),
        _value(bed, "pulse", now, "bold bright_green"),
        _trend(bed, "pulse", now),
        _value(bed, "respiratory_rate", now, ""),
        Text(pressure(bed, now)),
        _value(bed, "temperature", now, ""),
        Text(news2(bed.score)),
        Text(f"{risk(bed.score)} {reasons(bed.score, 1) if bed.score and bed.score.risk else ''}"),
        Text(state_line(bed, now), style="dim" if seen else "bold yellow"),
    ]


def _value(bed: BedView, quantity: str, now: int, style: str) -> Text:
    value = bed.value(quantity, now)
    return Text(NONE if value is None else str(value), style="dim" if value is None else style)


def _trend(bed: BedView, quantity: str, now: int) -> Text:
    return Text(f"{trend(quantity, bed.trends.get(quantity, ()), TREND)} {age_line(bed, quantity, now)}", style="dim")


def _alerts(ward: Ward, desk: Desk, targets: list[Target], now: int) -> list[Text]:
    chosen = index(desk, [target.alert.event_id for target in targets])
    lines = []
    for number, target in enumerate(targets):
        lines.append(_alert(ward, target, now, chosen=number == chosen))
        if number == chosen:
            lines += [Text(f"       {line}", style="dim") for line in why(target.alert)]
    return lines


def _alert(ward: Ward, target: Target, now: int, *, chosen: bool) -> Text:
    place, alert = target
    bed = ward.views[place.gateway].beds[place.bed]
    stale = f"as last heard {ago(now - bed.alerts_at)}: " if unconnected(ward, place, now) else ""
    said = alert.text if stale else alert_line(bed, alert, now)
    strong = "bold" if alert.priority in (Priority.HIGH, Priority.MEDIUM) else ""
    return Text.assemble(
        "> " if chosen else "  ",
        (f" {alert.priority.value.upper()} ", LOUD[alert.priority.value]),
        (f" BED {place.bed}: {stale}{said}", strong),
        (f"  [{status(alert)}]", "dim"),
    )


def status(alert: AlertRecord) -> str:
    """Return the word a person reads of an alert, with the name or the time that belongs to it."""
    if alert.status is Status.ACCEPTED:
        return f"{alert.status.value} {alert.accepted_by or alert.inactivation[-1].owner}"
    if alert.status is Status.PAUSED:
        pause = alert.inactivation[-1]
        until = f"{pause.until[11:16]} UTC" if pause.until else "its deadline"
        return f"{alert.status.value} {until} by {pause.owner}"
    return str(alert.status.value)


def why(alert: AlertRecord) -> list[str]:
    """Return the reasons of an alert: the values behind it with their age, what was missing, what to do."""
    proofs = [
        f"{VITALS[each.vital].quantity} {each.value} {each.unit} from {each.device}, {ago(each.age_ms * 1_000_000)}"
        for each in alert.evidence
    ]
    limit = [f"limit {alert.limit}"] if alert.limit is not None else []
    missing = [f"missing: {', '.join(alert.missing)}"] if alert.missing else []
    scores = [f"NEWS2 {alert.score}"] if alert.score is not None else []
    model = [f"model {round(alert.probability * 100)} %"] if alert.probability is not None else []
    first = "; ".join([f"rule {alert.rule}", *limit, *proofs, *missing, *scores, *model])
    return [first, *([alert.response] if alert.response else [])]


def _log(ward: Ward) -> list[Text]:
    entries = ward.log()[-LOG_LINES:]
    return [Text(f"{clock(entry.at, ward.wall_offset)}  {entry.text}", style="dim") for entry in entries]


def _foot(desk: Desk) -> Text:
    if desk.asking is not None:
        asked = f"{desk.asking.value} by (staff id, Enter; Esc to leave): {desk.typed}_"
        return Text.assemble((asked, "bold"), (f"  {desk.refused}", "red"))
    who = f"you are {desk.person}" if desk.person else ""
    return Text(f"up/down choose   a accept   p pause 2 min   r reset what is over   q quit   {who}", style="dim")
