"""What is drawn: legible in a large and in a small terminal, never without its SIMULATED mark."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from edge_agent.cli.stage.digits import GLYPHS, ROWS, large
from edge_agent.cli.stage.screen import Frame, picture
from edge_agent.cli.stage.shows import bed_line
from edge_agent.cli.viewing.view import LOST, Entry, View, told
from edge_agent.domain.alerts import Evidence, Kind, Why
from edge_agent.domain.settings import SECOND
from edge_agent.wire.payloads.state import Presence
from tests.stage import saying
from tests.stage.saying import NOW, Speaker
from tests.stage.test_view import EMPTY, after

LARGE, SMALL = (120, 40), (80, 24)


def drawn(view: View, size: tuple[int, int], now: int = NOW) -> str:
    """Return the screen as text."""
    console = Console(file=io.StringIO(), width=size[0], height=size[1], highlight=False)
    frame = Frame("site DEMO: no real patient", "The 12 h before are simulated.")
    console.print(picture(replace(view, up=True), frame, now, console))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def ward() -> View:
    """Return a ward in which everything happens at once."""
    speaker = Speaker()
    speaker.links.append(saying.pulled("sensor-4", "4", "/dev/ward/bed-4"))
    evidence = Evidence(vital="spo2", value=96, at=NOW - 9 * SECOND, device="sensor-4")
    why = Why(text="NOT MONITORED", rule="not-monitored", evidence=(evidence,))
    blind = saying.alert("4", "not-monitored", "", why=why, kind=Kind.TECHNICAL, began=NOW - 3 * SECOND)
    view = after(
        saying.vitals("1", saying.stream("spo2", 95), saying.stream("pulse_rate", 68)),
        saying.vitals("2", saying.stream("spo2", None, device="oximeter-2")),
        saying.vitals("3", saying.stream("spo2", 84), saying.stream("pulse_rate", 107)),
        saying.news2("3", 7, "high"),
        saying.snapshot("3", saying.low_spo2("3")),
        saying.vitals("4", saying.stream("spo2", None, device="sensor-4")),
        saying.snapshot("4", blind, monitored=False, since=NOW - 3 * SECOND),
        speaker=speaker,
    )
    return replace(told(view, Entry(NOW, "story", "BED 4: the cable is pulled")), presence=Presence.ONLINE)


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_everything_that_matters_is_on_the_screen(size: tuple[int, int]) -> None:
    screen = drawn(ward(), size, NOW + 2 * SECOND)
    for phrase in (
        "SIMULATED",
        "The 12 h before are simulated.",
        "BED 3: SpO2 84 % for 10 s, was 95 %",
        "MEDIUM",
        "NEWS2 7 high",
        "38 %",
        "NOT MONITORED 5 s",
        "NOT MONITORED for 5 s, cable of sensor-4: /dev/ward/bed-4",
        "no alert",
        "BED 4: the cable is pulled",
    ):
        assert phrase in screen


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_the_picture_fits_and_keeps_its_height(size: tuple[int, int]) -> None:
    calm = after(*(saying.vitals(bed, saying.stream("spo2", 95)) for bed in "1234"))
    heights = {drawn(view, size).count("\n") for view in (ward(), calm)}
    assert len(heights) == 1
    assert heights.pop() <= size[1]
    assert max(map(len, drawn(ward(), size).splitlines())) <= size[0]


def test_a_probe_off_and_a_cable_out_are_told_apart() -> None:
    screen = drawn(ward(), LARGE)
    assert "PROBE OFF" in screen
    assert "CABLE OUT" in screen


def test_numbers_are_large_where_there_is_room() -> None:
    for row in large("84", 2):
        assert row in drawn(ward(), LARGE)
    assert "84 %" in drawn(ward(), SMALL)


def test_a_number_that_is_no_longer_heard_leaves_the_screen() -> None:
    later = drawn(ward(), LARGE, NOW + LOST)
    assert not all(row in later for row in large("84", 2))
    assert "ALERTS ARE NOT LEAVING" not in drawn(EMPTY, LARGE)


def test_glyphs_have_one_size_and_differ() -> None:
    assert {len(row) for glyph in GLYPHS.values() for row in glyph} == {3}
    assert {len(glyph) for glyph in GLYPHS.values()} == {ROWS}
    assert len(set(GLYPHS.values())) == len(GLYPHS)


def test_one_line_says_a_bed_where_nothing_is_drawn() -> None:
    line = bed_line(ward().beds["3"], NOW + 2 * SECOND)
    assert line.startswith("BED 3: monitored: 84 %  107 /min")
    assert "MEDIUM SpO2 84 % for 10 s" in line
