"""The rendered service: systemd finds nothing wrong with it, and its sandbox stays as tight as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_agent.cli.main import main
from tests.paths import CHECKOUT

EXPOSURE = 15
"""Tenths of systemd-analyze's exposure level that the unit may reach; it can only be lowered."""

DROP_INS = {"gpio": "char-gpiochip", "sound": "char-alsa"}
"""What --gpio and --sound let the service use, by its name in /proc/devices."""

BASE_UNITS = Path("/usr/lib/systemd/system"), Path("/lib/systemd/system")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with everything installed but the agent's own environment, and with systemd's base units."""
    return rendered(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="module")
def root_with_outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same with what lets the service use GPIO lines and sound devices."""
    return rendered(tmp_path_factory.mktemp("outputs"), "--gpio", "--sound")


def rendered(folder: Path, *options: str) -> Path:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here")
    script = CHECKOUT / "deploy" / "systemd" / "install.sh"
    command = ["sh", str(script), "--prefix", str(folder), "--no-packages", *options]
    subprocess.run(command, check=True, capture_output=True)
    base = next(path for path in BASE_UNITS if path.is_dir())
    for name in ("sysinit.target", "basic.target", "multi-user.target", "shutdown.target", "local-fs.target"):
        target = folder / "usr/lib/systemd/system" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(base / name, target)
    program = folder / "opt/edge-agent/bin/edge-agent"  # stands for the environment that --no-packages left out
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(0o755)
    return folder


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("installed", ["root", "root_with_outputs"])
def test_systemd_finds_nothing_wrong(installed: str, request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue(installed)
    result = analyze("verify", f"--root={root}", "--recursive-errors=no", "edge-agent.service")
    complaints = [line for line in (result.stdout + result.stderr).splitlines() if "edge-agent" in line]
    assert not complaints
    assert result.returncode == 0


@pytest.mark.parametrize("installed", ["root", "root_with_outputs"])
def test_the_sandbox_is_as_tight_as_it_was(installed: str, request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue(installed)
    result = analyze("security", "--offline=true", f"--root={root}", f"--threshold={EXPOSURE}", "edge-agent.service")
    assert result.returncode == 0, result.stdout
    assert analyze("security", "--offline=true", f"--root={root}", "--threshold=5", "edge-agent.service").returncode


def test_drop_ins_are_read_and_only_where_they_are_wanted(root: Path, root_with_outputs: Path) -> None:
    plain, more = (
        analyze("security", "--offline=true", "--json=short", f"--root={each}", "edge-agent.service").stdout
        for each in (root, root_with_outputs)
    )
    allowed = next(row for row in json.loads(more) if row["json_field"] == "DeviceAllow")
    assert all(kind in allowed["description"] for kind in DROP_INS.values())
    assert not any(kind in plain for kind in DROP_INS.values())


@pytest.mark.parametrize("option", DROP_INS)
def test_each_option_brings_its_own_drop_in_alone(option: str, tmp_path: Path) -> None:
    folder = rendered(tmp_path, f"--{option}")
    (drop_in,) = (folder / "etc/systemd/system/edge-agent.service.d").iterdir()
    assert drop_in.name == f"{option}.conf"
    assert f"DeviceAllow={DROP_INS[option]} rw" in drop_in.read_text(encoding="ascii")


def test_a_group_that_a_drop_in_names_is_there(root: Path, root_with_outputs: Path) -> None:
    """Group audio is one of systemd's own; a unit with a group that is missing does not start."""
    users = "etc/sysusers.d/edge-agent-gpio.conf"
    assert "g gpio -" in (root_with_outputs / users).read_text(encoding="ascii")
    assert not (root / users).exists()
    assert not (root / "etc/systemd/system/edge-agent.service.d").exists()


def test_a_configuration_that_is_there_is_never_touched(tmp_path: Path) -> None:
    config = tmp_path / "etc/edge-agent/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("site: OURS\n", encoding="ascii")
    script = CHECKOUT / "deploy" / "systemd" / "install.sh"
    subprocess.run(["sh", str(script), "--prefix", str(tmp_path), "--no-packages"], check=True, capture_output=True)
    assert config.read_text(encoding="ascii") == "site: OURS\n"


def test_serial_kinds_are_loaded_before_the_service_may_use_them(root: Path) -> None:
    unit = (root / "etc/systemd/system/edge-agent.service").read_text(encoding="ascii")
    modules = (root / "etc/modules-load.d/edge-agent.conf").read_text(encoding="ascii")
    assert "DeviceAllow=char-ttyUSB rw" in unit
    assert "usbserial" in modules
    assert "cdc_acm" in modules
    assert "After=local-fs.target systemd-modules-load.service" in unit


def test_the_example_that_is_installed_is_a_sound_configuration(root: Path) -> None:
    result = CliRunner().invoke(main, ["check", str(root / "etc/edge-agent/config.yaml"), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)
