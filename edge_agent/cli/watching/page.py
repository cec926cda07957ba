"""The page: one line a bed, the alerts below with the reasons of the chosen one, what happened, the keys. Pure.

Head and foot are always there; beds and alerts share what is left, and what does not fit is counted and named.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from edge_agent.cli.viewing.says import alert_line
from edge_agent.cli.viewing.words import clock, printable, span
from edge_agent.cli.watching.beds import table
from edge_agent.cli.watching.desk import Desk, index
from edge_agent.cli.watching.lines import cropped, hung, shared
from edge_agent.cli.watching.reasons import status, why
from edge_agent.cli.watching.ward import Target, Ward, listeners, unconnected
from edge_agent.domain.alerts import LOUDEST_FIRST, Priority

LOUD = {"high": "bold white on red", "medium": "black on yellow", "low": "black on cyan", "info": "dim"}
"""Colours of IEC 60601-1-8:2006+A2:2020, table 2: high red, medium yellow, low cyan or yellow."""

LOG_LINES = 5
HANG = 6
KEYS = "up/down choose   a accept   p pause 2 min   r reset what is over   q quit"
LOOKING = "this screen only looks (no --consumer)   up/down choose   q quit"


class Sheet(NamedTuple):
    """Columns and lines of the terminal."""

    width: int
    height: int


def page(ward: Ward, desk: Desk, now: int, sheet: Sheet) -> RenderableType:
    """Return the whole page at `now` (ns)."""
    targets = ward.targets()
    head, foot = _head(ward, now, sheet.width), _foot(ward, desk, targets, sheet.width)
    rule = Text("─" * sheet.width, style="dim")
    chosen = _at(desk, targets)
    beds = table(ward, now, sheet.width)
    alerts = [_alert(ward, target, now, sheet.width, chosen=each == chosen) for each, target in enumerate(targets)]
    calm_lines = [] if alerts else hung([(" ", "")], calm(ward, now), "bold", sheet.width, 1)
    room = max(sheet.height - len(head) - len(foot) - 2, 2)
    for_beds, for_alerts = shared(room, beds.wanted, sum(map(len, alerts)) + len(calm_lines))
    blocks = [*head, *beds.drawn(for_beds, targets[chosen].place if targets else None), rule]
    blocks += calm_lines or _alerts(alerts, targets, chosen, Sheet(sheet.width, for_alerts))
    blocks.append(rule)
    left = min(sheet.height - len(blocks) - len(foot), LOG_LINES)
    blocks += _log(ward, Sheet(sheet.width, left))
    picture = [*blocks[: sheet.height - len(foot)], *foot]
    for line in picture:
        line.plain = printable(line.plain)
    return Group(*picture)


def calm(ward: Ward, now: int) -> str:
    """Return what is said when there is no alert to show: that is good news only of beds that are connected."""
    unseen = [ward.name(place) for place, _ in ward.beds() if unconnected(ward, place, now)]
    if not ward.beds():
        return "No bed has been heard of yet." if ward.up else "This screen has no broker: nothing is known."
    if unseen:
        return f"NOTHING IS KNOWN of {'bed' if len(unseen) == 1 else 'beds'} {', '.join(unseen)}."
    return "No alert."


def _head(ward: Ward, now: int, width: int) -> list[Text]:
    time = clock(now, ward.wall_offset)
    title = cropped(Text(f"WARD {ward.ward}, {ward.site}", style="bold"), width - len(time) - 1)
    title.append(" " * max(width - title.cell_len - len(time), 0) + time)
    lines = [title]
    if not ward.up:
        since = f" for {span(now - ward.since)}" if ward.since else ""
        lines.append(cropped(Text(f"THIS SCREEN HAS NO BROKER{since}", style="bold white on red"), width))
    for gateway in sorted(ward.views):
        lines += _gateway(ward, gateway, width)
    return lines


def _gateway(ward: Ward, gateway: str, width: int) -> list[Text]:
    view, who = ward.views[gateway], listeners(ward, gateway)
    loud = any(word.isupper() and len(word) > 1 for word in who.replace(",", "").split())
    lines = hung([(f"{gateway}: ", "dim")], who, "bold white on red" if loud else "dim", width, 2)
    for alert in view.gateway.alerts if view.gateway else ():
        badge = (f" {alert.priority.value.upper()} ", LOUD[alert.priority.value])
        lines += hung([("  ", ""), badge, (" ", "")], f"GATEWAY: {alert.text}", "", width, HANG)
    return lines


def _at(desk: Desk, targets: list[Target]) -> int:
    return index(desk, [target.alert.event_id for target in targets])


def _alerts(blocks: list[list[Text]], targets: list[Target], chosen: int, sheet: Sheet) -> list[Text]:
    """Return every alert, or those around the chosen one and how many there are more; the others a line each then."""
    if sum(map(len, blocks)) <= sheet.height:
        return [line for block in blocks for line in block]
    blocks = [block if each == chosen else [_cut(block, sheet.width)] for each, block in enumerate(blocks)]
    first, last, more = chosen, chosen + 1, 2 if len(blocks) > 1 else 0
    blocks[chosen] = blocks[chosen][: max(sheet.height - more, 1)]
    while sum(map(len, blocks[first:last])) + more < sheet.height and (first > 0 or last < len(blocks)):
        first, last = (first - 1, last) if first > 0 else (first, last + 1)
    shown = [line for block in blocks[first:last] for line in block]
    above, below = _more(targets[:first], "above"), _more(targets[last:], "below")
    return [*(cropped(each, sheet.width) for each in above), *shown, *(cropped(each, sheet.width) for each in below)]


def _more(hidden: list[Target], where: str) -> list[Text]:
    count = Counter(target.alert.priority for target in hidden)
    said = ", ".join(f"{count[each]} {each.value.upper()}" for each in LOUDEST_FIRST if count[each])
    return [Text(f"  and {said} {where}", style="bold")] if hidden else []


def _cut(block: list[Text], width: int) -> Text:
    """Return the first line of an alert, which says so where it is not all."""
    line = block[0].copy()
    line.rstrip()
    return line if len(block) == 1 else cropped(line.append(" …" if line.cell_len < width - 1 else "  "), width)


def _alert(ward: Ward, target: Target, now: int, width: int, *, chosen: bool) -> list[Text]:
    place, alert = target
    bed = ward.views[place.gateway].beds[place.bed]
    stale = unconnected(ward, place, now)
    said = f"as of {ward.heard(place, now)}: {alert.text}" if stale else alert_line(bed, alert, now)
    lead = (
        ("> " if chosen else "  ", "bold"),
        (f" {alert.priority.value.upper()} ", LOUD[alert.priority.value]),
        (f" [{status(bed, alert, now, ward.wall_offset)}]", "dim"),
        (f" BED {ward.name(place)}: ", "bold"),
    )
    strong = "bold" if alert.priority in (Priority.HIGH, Priority.MEDIUM) else ""
    lines = hung(lead, said, strong, width, HANG)
    if chosen:
        for reason in why(bed, alert, None if stale else now, ward.wall_offset):
            lines += hung([(" " * HANG, "")], reason, "dim", width, HANG + 2)
    return lines


def _log(ward: Ward, sheet: Sheet) -> list[Text]:
    """Return the newest of what happened, whole lines of it, as many as there is room for."""
    lines: list[Text] = []
    for entry in reversed(ward.log()[-max(sheet.height, 0) :] if sheet.height > 0 else []):
        time = clock(entry.at, ward.wall_offset)
        block = hung([(f"{time}  ", "dim")], entry.text, "dim", sheet.width, len(time) + 2)
        if len(lines) + len(block) > sheet.height:
            lines = lines or block[: sheet.height]
            break
        lines = block + lines
    return lines


def _foot(ward: Ward, desk: Desk, targets: list[Target], width: int) -> list[Text]:
    if desk.asking is not None:
        target = next((each for each in targets if each.alert.event_id == desk.chosen), None)
        what = "an alert that is over" if target is None else f"BED {ward.name(target.place)}, {target.alert.condition}"
        asked = f"{desk.asking.value} ({what}) by (staff id, Enter; Esc to leave): {desk.typed}_"
        return hung([], f"{asked}  {desk.refused}".rstrip(), "bold", width, 2)
    who = f"   you are {desk.person}" if desk.person else ""
    lines = hung([], desk.refused, "bold", width, 2) if desk.refused else []
    return [*lines, *hung([], f"{KEYS}{who}" if ward.consumer else LOOKING, "dim", width, 2)]
