"""Train, score and judge the risk model: `python -m training COMMAND`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from edge_agent.domain.errors import AgentError
from edge_agent.risk.bundle import MODEL, BundleError, load
from edge_agent.risk.runtime import RuntimeUnavailableError
from edge_agent.risk.scorer import open_scorer
from training import hourly, score
from training.origin import UNSAID, Origin
from training.parts import parts

PATH = click.Path(path_type=Path)
EXISTING = click.Path(path_type=Path, exists=True)
FAMILIES = ("convolutional", "logistic", "svm", "fourier")
"""Names of `training.train.FAMILIES`, the best first, known without TensorFlow."""

data_option = click.option(
    "--data", type=EXISTING, required=True, help="Folder or file: Parquet, or PhysioNet 2019 .psv."
)
bundle_option = click.option("--bundle", type=EXISTING, required=True, help="Folder of a model bundle.")


class _Plain(click.Group):
    """Commands that say in one sentence what is wrong with what they were given."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as in click
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (AgentError, BundleError, RuntimeUnavailableError, hourly.DataError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Plain, help=__doc__)
def main() -> None:
    """Group the commands."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow talks of missing graphics cards otherwise


@main.command("train")
@data_option
@click.option("--out", type=PATH, required=True, help="Folder that gets a folder with the bundle, and the float net.")
@click.option("--family", type=click.Choice(FAMILIES), default=FAMILIES[0], show_default=True, help="What to train.")
@click.option("--scrambled", is_flag=True, help="Control: learn from shuffled truth, which must end at AUROC .50.")
@click.option("--source", default=UNSAID.data, help="Whose data it is, for the model card, unless it is hospital A.")
@click.option("--licence", default=UNSAID.licence, help="What the data may be used for, for the model card.")
def train_command(  # noqa: PLR0913 - click passes one argument per option
    *, data: Path, out: Path, family: str, scrambled: bool, source: str, licence: str
) -> None:
    """Train a model and write its bundle."""
    from training.table import text  # noqa: PLC0415 - scoring does without the training extra
    from training.train import train  # noqa: PLC0415 - as above

    click.echo(text(train(data, out, family, scrambled=scrambled, said=Origin(source, licence))))


@main.command("score")
@data_option
@bundle_option
@click.option("--out", type=PATH, required=True, help="Parquet file: patient, hour, score, cause.")
def score_command(data: Path, bundle: Path, out: Path) -> None:
    """Score every hour of every stay."""
    stays = hourly.read(data)
    score.write(score.score(open_scorer(bundle), stays), stays, out)


@main.command("evaluate")
@data_option
@bundle_option
@click.option("--out", type=PATH, required=True, help="JSON file for the figures; the page goes beside it as .html.")
@click.option("--float", "net", type=EXISTING, help="The .keras net of the bundle, to tell what int8 has cost.")
@click.option("--control", "drawn", type=EXISTING, help="What `control` saved, to be told with the figures.")
@click.option("--ceiling", "above", type=EXISTING, help="What `ceiling` saved, to be told under the same abstentions.")
def evaluate_command(  # noqa: PLR0913 - click passes one argument per option
    *, data: Path, bundle: Path, out: Path, net: Path | None, drawn: Path | None, above: Path | None
) -> None:
    """Print and save a bundle's figures and plots.

    Over the validation part where the data has one, or the bundle was trained on it; otherwise over all of it.
    """
    from training.evaluate import Control, evaluate, gathered  # noqa: PLC0415 - scoring does without the training extra
    from training.mortality import mortality  # noqa: PLC0415 - as above
    from training.page import page  # noqa: PLC0415 - as above
    from training.table import text  # noqa: PLC0415 - as above

    stays, scorer = hourly.read(data), open_scorer(bundle)
    own = scorer.manifest.training.fingerprint == hourly.fingerprint(stays)
    held_out = own or (stays.split == "validation").any()
    found = gathered(scorer, hourly.select(stays, parts(stays).validation) if held_out else stays)
    report = evaluate(
        found,
        _float_auroc(net, found.stays) if net else None,
        deaths=mortality(scorer, data),
        control=msgspec.json.decode(drawn.read_bytes(), type=Control) if drawn else None,
        ceiling=score.read(above, found.stays) if above else None,
    )
    out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    out.with_suffix(".html").write_text(page(report, found), encoding="utf-8")
    click.echo(text(report))


@main.command("card")
@bundle_option
@click.option("--figures", type=EXISTING, required=True, help="The JSON file that `evaluate` saved.")
def card_command(bundle: Path, figures: Path) -> None:
    """Write the model card of a bundle anew, from saved figures of this very model."""
    from training.evaluate import Report  # noqa: PLC0415 - scoring does without the training extra
    from training.train import put_figures  # noqa: PLC0415 - as above

    report = msgspec.json.decode(figures.read_bytes(), type=Report)
    if report.model_sha256 != load(bundle).manifest.files[MODEL]:
        raise click.BadParameter("these are the figures of another model", param_hint="--figures")
    put_figures(bundle, report)


@main.command("control")
@data_option
@click.option("--out", type=PATH, required=True, help="JSON file for the figures, which `evaluate --control` takes.")
@click.option("--draws", type=click.IntRange(2), default=10, show_default=True, help="How often to scramble.")
def control_command(data: Path, out: Path, draws: int) -> None:
    """Learn from shuffled truth, several times: the mean must be AUROC .50."""
    from training.control import control  # noqa: PLC0415 - scoring does without the training extra

    found = control(data, draws)
    out.write_bytes(msgspec.json.encode(found) + b"\n")
    click.echo(f"mean {found.mean:.4f}, spread {found.spread:.4f}")


@main.command("ceiling")
@data_option
@click.option("--out", type=PATH, required=True, help="Parquet file of scores, which `evaluate --ceiling` takes.")
def ceiling_command(data: Path, out: Path) -> None:
    """Save what boosted trees say of the validation part: they are too large for a gateway, and the nets' ceiling."""
    from training.ceiling import write  # noqa: PLC0415 - scoring does without the training extra

    click.echo(f"{write(data, out)} hours")


@main.command("recordings")
@click.option("--data", type=EXISTING, required=True, help="Folder of recordings of this agent (.rec).")
@click.option("--out", type=PATH, required=True, help="Parquet file that the other commands take as --data.")
def recordings_command(data: Path, out: Path) -> None:
    """Make training data of an agent's recordings."""
    from training import recordings  # noqa: PLC0415 - nothing else needs the ward and every device family

    click.echo(f"{recordings.write(data, out)} hours")


def _float_auroc(net: Path, stays: hourly.Stays) -> float:
    """Return the AUROC of a net before quantisation."""
    import tensorflow as tf  # noqa: PLC0415 - scoring does without the training extra

    from training.train import float_auroc  # noqa: PLC0415 - as above

    return float_auroc(tf.keras.models.load_model(net, compile=False), stays)


if __name__ == "__main__":
    main()
