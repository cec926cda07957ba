"""`edge-agent demo`: a simulated ward around a real agent, and a table of what leaves it."""

from __future__ import annotations

import asyncio
import sys

import click

from edge_agent.cli.stage.story import LENGTH_S, SPEED, playable
from edge_agent.domain.errors import AgentError

INTERRUPTED = 130
"""Exit code of a program that was told to stop (128 + SIGINT)."""


def _address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Return HOST:PORT as (host, port)."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not (host and port.isdecimal()):
        raise click.BadParameter(f"{value!r} is no HOST:PORT")
    return host, int(port)


def _families(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Return F,F as the families it names."""
    names = tuple(value.split(",")) if value else ()
    if unknown := [name for name in names if name not in playable()]:
        raise click.BadParameter(f"{', '.join(unknown)}: not among {', '.join(playable())}")
    return names


@click.command()
@click.option("--beds", type=click.IntRange(1, 16), default=4, show_default=True, help="Beds in the ward.")
@click.option(
    "--duration", type=click.FloatRange(5), default=LENGTH_S, show_default=True, help="Seconds; the story takes 45."
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 100),
    default=SPEED,
    show_default=True,
    help="How fast the patients live; the agent's clock never runs faster.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON lines and a summary instead of a table.")
@click.option(
    "--broker",
    metavar="HOST:PORT",
    callback=_address,
    help="A broker of your own, without TLS; its line is cut instead of it.",
)
@click.option(
    "--families",
    metavar="F,F...",
    callback=_families,
    help="Device families of the beds, in turn; without this the story's own.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another set of patients.")
def command(  # noqa: PLR0913 - click passes one argument per option
    *,
    beds: int,
    duration: float,
    speed: float,
    as_json: bool,
    broker: tuple[str, int] | None,
    families: tuple[str, ...],
    seed: int,
) -> None:
    """Watch a simulated ward: broker, four beds and the real agent in a process of its own.

    A patient deteriorates, a probe falls off, a cable is pulled, a configuration is refused and the broker dies for ten
    seconds. The ledger at the end says whether every alert reached its subscriber; if not, the exit code is 1.
    """
    try:
        from edge_agent.cli.stage.director import Plan  # noqa: PLC0415 - needs the extra
        from edge_agent.cli.stage.performance import perform  # noqa: PLC0415 - needs the extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error}: install bedside-edge-agent[demo]") from error
    plan = Plan(beds=beds, duration_s=duration, speed=speed, seed=seed, broker=broker, families=families)
    try:
        sys.exit(asyncio.run(perform(plan, as_json=as_json)))
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(INTERRUPTED)
