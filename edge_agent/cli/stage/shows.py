"""Three ways to show the same view: a living table, plain lines where no terminal is, JSON lines for machines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Protocol

import click
import msgspec
from rich.console import Console
from rich.live import Live

from edge_agent.cli.stage.report import Outcome, lines, summary
from edge_agent.cli.stage.screen import Frame, picture
from edge_agent.cli.viewing.says import alert_line, pressure, state_line
from edge_agent.cli.viewing.view import BedView, Entry, View
from edge_agent.cli.viewing.words import NONE, clock, news2, risk
from edge_agent.domain.settings import SECOND

WARD_EVERY = 5 * SECOND
"""Between two lines per bed where nothing is drawn, ns."""


class Show(Protocol):
    """Shows views as they come, then the outcome."""

    def draw(self, view: View, now: int) -> None:
        """Show the view at `now` (ns)."""

    def end(self, view: View, result: Outcome | None) -> None:
        """Show the last view and the outcome; without one, leave."""


class Living:
    """A table that is drawn anew four times a second."""

    def __init__(self, frame: Frame, progress: Callable[[], str]) -> None:
        """Take the head of the screen, and who knows how far the story is."""
        self._frame = frame
        self._progress = progress
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, screen=False, vertical_overflow="crop")
        self._live.start()

    def draw(self, view: View, now: int) -> None:
        """Draw the table."""
        self._frame.progress = self._progress()
        self._live.update(picture(view, self._frame, now, self._console), refresh=True)

    def end(self, view: View, result: Outcome | None) -> None:
        """Leave the last table where it is and print the ledger below."""
        self._live.stop()
        for line in lines(result) if result else ():
            style = "bold red" if "FAILED" in line else "bold green" if line.startswith("  OK") else ""
            self._console.print(line, style=style)


class Plain:
    """One line per event, and every few seconds one per bed."""

    def __init__(self, frame: Frame) -> None:
        """Print the head."""
        click.echo(f"SIMULATED: {frame.title}\n{frame.note}")
        self._told = 0
        self._next = 0

    def draw(self, view: View, now: int) -> None:
        """Print what is new."""
        for entry in view.log[self._told :]:
            loud = f"{entry.loud.upper()} " if entry.loud else ""
            click.echo(f"{clock(entry.at, view.wall_offset)} {entry.source:<6} {loud}{entry.text}")
        self._told = len(view.log)
        if now >= self._next and view.beds:
            self._next = now + WARD_EVERY
            for bed in view.beds.values():
                click.echo(f"{clock(now, view.wall_offset)} {bed_line(bed, now)}")

    def end(self, view: View, result: Outcome | None) -> None:
        """Print the rest and the ledger."""
        for line in lines(result) if result else ():
            click.echo(line)


class Json:
    """A JSON object per event, and one at the end."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told = 0

    def draw(self, view: View, now: int) -> None:
        """Print what is new."""
        for entry in view.log[self._told :]:
            _object(_told(entry, view))
        self._told = len(view.log)

    def end(self, view: View, result: Outcome | None) -> None:
        """Print the summary."""
        if result is not None:
            _object({"summary": summary(result)})


def bed_line(bed: BedView, now: int) -> str:
    """Return one bed in one line."""
    values = ((bed.value(quantity, now), unit) for quantity, unit in (("spo2", "%"), ("pulse", "/min")))
    numbers = "  ".join(f"{NONE if value is None else value} {unit}" for value, unit in values)
    worst = max(bed.alerts.alerts if bed.alerts else (), key=lambda alert: alert.priority.rank, default=None)
    said = f"  {worst.priority.value.upper()} {alert_line(bed, worst, now)}" if worst else ""
    scores = f"BP {pressure(bed, now)}  NEWS2 {news2(bed.score)}  risk {risk(bed.score)}"
    return f"BED {bed.bed}: {state_line(bed, now)}: {numbers}  {scores}{said}"


def _told(entry: Entry, view: View) -> dict[str, str | int]:
    at = datetime.fromtimestamp((entry.at + view.wall_offset) / SECOND, timezone.utc).isoformat(timespec="milliseconds")
    loud = {"priority": entry.loud} if entry.loud else {}
    return {"at": at, "source": entry.source, "text": entry.text, **loud, **entry.about}


def _object(content: object) -> None:
    click.echo(msgspec.json.encode(content).decode())
