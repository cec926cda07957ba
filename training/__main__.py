"""The command line of training: `python -m training train | score | evaluate`."""

from __future__ import annotations

import os
from pathlib import Path

import click
import msgspec

from edge_agent.risk.scorer import open_scorer
from training import hourly, score

PATH = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True)


@click.group(help=__doc__)
def main() -> None:
    """Group the commands."""


@main.command("train")
@click.option("--data", type=EXISTING, required=True, help="Folder or file: Parquet, or PhysioNet 2019 .psv.")
@click.option("--out", type=PATH, required=True, help="Folder that gets a folder with the bundle.")
def train_command(data: Path, out: Path) -> None:
    """Train the model and write its bundle."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks of missing graphics cards otherwise
    from training.table import text  # noqa: PLC0415 - scoring does without the training extra
    from training.train import train  # noqa: PLC0415 - as above

    click.echo(text(train(data, out)))


@main.command("score")
@click.option("--data", type=EXISTING, required=True, help="Folder or file: Parquet, or PhysioNet 2019 .psv.")
@click.option("--bundle", type=EXISTING, required=True, help="Folder of a model bundle.")
@click.option("--out", type=PATH, required=True, help="Parquet file: patient, hour, score, cause.")
def score_command(data: Path, bundle: Path, out: Path) -> None:
    """Score every hour of every stay."""
    stays = hourly.read(data)
    score.write(score.score(open_scorer(bundle), stays), stays, out)


@main.command("evaluate")
@click.option("--data", type=EXISTING, required=True, help="Folder or file: Parquet, or PhysioNet 2019 .psv.")
@click.option("--bundle", type=EXISTING, required=True, help="Folder of a model bundle.")
@click.option("--out", type=PATH, required=True, help="JSON file for the figures that are printed.")
def evaluate_command(data: Path, bundle: Path, out: Path) -> None:
    """Print and save a bundle's figures, over the validation part where the data has one."""
    from training.evaluate import evaluate  # noqa: PLC0415 - scoring does without the training extra
    from training.table import text  # noqa: PLC0415 - as above

    stays = hourly.read(data)
    validation = stays.split == "validation"
    report = evaluate(open_scorer(bundle), hourly.select(stays, validation) if validation.any() else stays)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    click.echo(text(report))


if __name__ == "__main__":
    main()
