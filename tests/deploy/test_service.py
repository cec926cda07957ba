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

BASE_UNITS = Path("/usr/lib/systemd/system"), Path("/lib/systemd/system")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with everything installed but the agent's own environment, and with systemd's base units."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here")
    folder = tmp_path_factory.mktemp("root")
    script = CHECKOUT / "deploy" / "systemd" / "install.sh"
    subprocess.run(["sh", str(script), "--prefix", str(folder), "--no-packages"], check=True, capture_output=True)
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


def test_systemd_finds_nothing_wrong(root: Path) -> None:
    result = analyze("verify", f"--root={root}", "--recursive-errors=no", "edge-agent.service")
    complaints = [line for line in (result.stdout + result.stderr).splitlines() if "edge-agent" in line]
    assert not complaints
    assert result.returncode == 0


def test_the_sandbox_is_as_tight_as_it_was(root: Path) -> None:
    result = analyze("security", "--offline=true", f"--root={root}", f"--threshold={EXPOSURE}", "edge-agent.service")
    assert result.returncode == 0, result.stdout
    assert analyze("security", "--offline=true", f"--root={root}", "--threshold=5", "edge-agent.service").returncode


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
