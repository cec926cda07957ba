"""`edge-agent simulate` from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge_agent.cli.main import main


def simulate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["simulate", *map(str, arguments)])


def test_a_device_misbehaves_when_it_was_told_to_and_leaves_nothing(tmp_path: Path) -> None:
    port = tmp_path / "bed-3"
    orders = ("--misbehave", "recover@0.3", "--misbehave", "disconnect@0.1")
    result = simulate("nonin_df8", "--port", port, *orders, "--duration", "0.6")
    assert result.exit_code == 0, result.output
    first, *rest = result.output.splitlines()
    assert first.startswith(f"SIMULATED Nonin oximeters, data format 8 on {port}: nothing happens")
    assert rest == ["0 s: the cable is pulled", "0 s: the device is well again", "done"]
    assert not port.is_symlink()


@pytest.mark.parametrize(
    ("order", "said"),
    [("explode", "'explode' is no order: one of garble, "), ("wrong-identity", "no device of this family says who")],
)
def test_what_cannot_be_played_is_refused(tmp_path: Path, order: str, said: str) -> None:
    result = simulate("nonin_df8", "--port", tmp_path / "bed-3", "--misbehave", order)
    assert result.exit_code == 1
    assert said in result.output
