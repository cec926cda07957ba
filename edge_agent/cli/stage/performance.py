"""One evening: the director plays, a show draws, the report judges."""

from __future__ import annotations

import asyncio
import signal
import sys

from edge_agent.cli.stage.director import Director, Plan
from edge_agent.cli.stage.past import HOURS
from edge_agent.cli.stage.report import outcome
from edge_agent.cli.stage.screen import Frame
from edge_agent.cli.stage.setting import SITE
from edge_agent.cli.stage.shows import Json, Living, Plain, Show
from edge_agent.cli.stage.story import consequences
from edge_agent.gateway.clock import boottime

FRAME_S = 0.25
"""Between two pictures."""


async def perform(plan: Plan, *, as_json: bool) -> int:
    """Play, show and judge; return the exit code: 0 if everything expected arrived and adds up, else 1."""
    told_to_stop = asyncio.current_task()
    if told_to_stop is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_stop.cancel)
    director = Director(plan)
    show = _show(director, as_json=as_json)
    drawing = asyncio.ensure_future(_draw(director, show))
    result = None
    try:
        await director.perform()
        wanted = consequences(plan.beds, plan.duration_s, plan.speed, plan.families)
        result = outcome(director.audience, wanted, director.exit_code)
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        show.draw(director.audience.view, boottime())
        show.end(director.audience.view, result)
    return 0 if result.ok else 1


def _show(director: Director, *, as_json: bool) -> Show:
    plan = director.plan
    if as_json:
        return Json()
    frame = Frame(
        f"site {SITE}: no real patient. A real agent, {plan.beds} virtual beds",
        f"Its past {HOURS} h are simulated too, and restored as its own. "
        f"Patients live {plan.speed:g} times as fast, the agent does not.",
    )
    if not sys.stdout.isatty():
        return Plain(frame)
    return Living(frame, lambda: _progress(director))


def _progress(director: Director) -> str:
    if director.began is None:
        return "the agent starts"
    return f"{min(director.elapsed_s, director.plan.duration_s):.0f} of {director.plan.duration_s:.0f} s"


async def _draw(director: Director, show: Show) -> None:
    while True:
        show.draw(director.audience.view, boottime())
        await asyncio.sleep(FRAME_S)
