"""`edge-agent backtest`: what settings would have announced, withheld and missed on recorded vitals."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec

from edge_agent.cli.load.charts import COUNTED, Chart
from edge_agent.cli.load.playing import Source, backtest
from edge_agent.cli.load.plots import plots, prepare
from edge_agent.cli.load.report import as_json, load, text
from edge_agent.cli.load.sources import sources
from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import LIMIT_RULES, WardSettings
from edge_agent.gateway.config.load import load_file

MOST = 2
DEFAULT, PLAIN = "default", "plain"
"""Settings that need no file: ours, and the same limits as plain comparisons: no delay, hysteresis or deep limit."""


@click.command()
@click.argument("data", nargs=-1, required=True)
@click.option("--config", "configs", multiple=True, default=(DEFAULT,), help="A configuration file, default or plain.")
@click.option("--json", "as_data", is_flag=True, help="Print one JSON object, with every suppressed announcement.")
@click.option("--plots", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write pictures there.")
@click.option("--at-most", type=click.IntRange(1), help="Play only the first so many recordings of each.")
@click.option("--model", default="", help="Ask this risk model too; it alerts where the settings say from when.")
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes to share the recordings.")
def command(  # noqa: PLR0913 - one parameter is one option
    data: tuple[str, ...],
    configs: tuple[str, ...],
    *,
    as_data: bool,
    folder: Path | None,
    at_most: int | None,
    model: str,
    workers: int,
) -> None:
    """Play DATA through a ward under each --config (one or two), as fast as the machine allows.

    DATA is a recording at 1 Hz (CSV, may be gzipped: t, optionally rec, and a column per vital), an hourly chart
    (CSV or Parquet as in PhysioNet 2019: scores and risk alone are counted), a flight recording or a folder of them,
    or labelled:BEDSxHOURS[:SEED], generated recordings whose events are known (docs/alarm-load.md).
    """
    if len(configs) > MOST:
        raise click.UsageError(f"at most {MOST} --config, to be set side by side")
    try:
        if folder:
            prepare(folder)
        found = [source for each in data for source in _sources(each, at_most)]
        settings = [(name, _settings(name)) for name in configs]
        charted = all(isinstance(source, Chart) for source in found)
        with ExitStack() as stack:
            mapper = map
            if workers > 1:
                pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=get_context("spawn")))
                mapper = pool.map  # type: ignore[assignment] # a pool's map is called like the other
            outcomes = [backtest(found, each, model, mapper) for _, each in settings]
        loads = [
            load(name, each, COUNTED if charted else None) for (name, _), each in zip(settings, outcomes, strict=True)
        ]
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    click.echo(msgspec.json.encode(as_json(loads)) if as_data else "\n".join(text(loads)))
    for picture in plots(folder, loads) if folder else ():
        click.echo(f"wrote {picture}", err=True)


def _sources(data: str, at_most: int | None) -> list[Source]:
    try:
        return sources(data, at_most)
    except OSError as error:
        raise AgentError(f"{data}: {error.strerror or error}") from error


def _settings(name: str) -> WardSettings:
    """Return the settings by a reserved name, or of a configuration file; AgentError with every problem of it."""
    if name == DEFAULT:
        return WardSettings()
    if name == PLAIN:
        plain = {"delay_s": 0, "burden": None, "hysteresis": Decimal(0), "deep_limit": None}
        limits = {rule: msgspec.structs.replace(each.default, **plain) for rule, each in LIMIT_RULES.items()}
        return WardSettings(limits=limits, news2_delay_s=0)
    return load_file(Path(name)).settings.ward
