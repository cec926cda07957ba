"""Secrets: named in the file, found in the service's own directory, and never repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_agent.cli.check import command
from edge_agent.domain.errors import ConfigError
from edge_agent.domain.settings import Broker
from edge_agent.gateway.config.credentials import Credentials, service_credentials
from edge_agent.gateway.config.load import parse_file
from tests.config.good import GOOD, NAME, broken, problems

CANARY = "CANARY-7f3a"
FILES = ("ca.pem", "gw.pem", "gw.key", "mqtt-password")


def _refused(directory: str, text: str = GOOD) -> dict[str, str]:
    try:
        parse_file(text.encode(), NAME, Credentials(directory))
    except ConfigError as error:
        return {problem.path: problem.found for problem in error.problems}
    return {}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text(f"{CANARY}\n", encoding="utf-8")
    return tmp_path


def test_names_are_looked_up_in_the_directory_that_systemd_gives(directory: Path) -> None:
    credentials = service_credentials({"CREDENTIALS_DIRECTORY": str(directory)})
    assert _refused(credentials.directory) == {}
    assert credentials.file("ca.pem") == directory / "ca.pem"
    assert credentials.file("/etc/ssl/ca.pem") == Path("/etc/ssl/ca.pem")


def test_the_password_is_the_content_without_its_line_end(directory: Path) -> None:
    credentials = Credentials(str(directory))
    broker = parse_file(GOOD.encode(), NAME).settings.local.broker
    assert credentials.password(broker) == CANARY
    assert credentials.password(Broker(host="x")) is None


@pytest.mark.parametrize("missing", FILES)
def test_each_missing_file_is_a_problem(directory: Path, missing: str) -> None:
    (directory / missing).unlink()
    ((path, found),) = _refused(str(directory)).items()
    assert path in {"broker.tls.ca", "broker.tls.certificate", "broker.tls.key", "broker.password"}
    assert found == f"no such readable file in {directory}"


def test_all_missing_files_are_reported_at_once(tmp_path: Path) -> None:
    assert len(_refused(str(tmp_path))) == 4


def test_outside_a_service_only_an_absolute_path_can_be_found(directory: Path) -> None:
    assert set(_refused("").values()) == {"a credential, but no credentials directory"}
    text = GOOD
    for name in ("ca.pem", "gw.pem", "gw.key"):
        text = text.replace(f" {name}", f" {directory / name}")
    assert set(_refused("", text)) == {"broker.password"}


@pytest.mark.parametrize(
    "change",
    [
        ("password: mqtt-password", f"password: {CANARY}!"),
        ("password: mqtt-password", f"password: [{CANARY}]"),
        ("password: mqtt-password", f"password: {{{CANARY}: {CANARY}}}"),
        ("password: mqtt-password", f'password: "{CANARY}\\n"'),
        ("password: mqtt-password", f"pasword: {CANARY}"),
        ("password: mqtt-password", f"passphrase: {CANARY}"),
        ("host: broker.example", f"host: mqtt://gw:{CANARY}@broker.example"),
        ("key: gw.key", f'key: "-----BEGIN {CANARY}\\n"'),
        ("encounter: e-1", f"encounter: Anna {CANARY}"),
        ("encounter: e-1", f"name: Anna {CANARY}"),
    ],
)
def test_a_secret_or_a_name_in_a_wrong_place_is_never_repeated(change: tuple[str, str]) -> None:
    found = problems(broken(change))
    assert found
    for problem in found:
        assert CANARY not in str(problem)


def test_the_summary_does_not_show_the_name_either(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(GOOD.replace("mqtt-password", "hunter2"), encoding="utf-8")
    for arguments in ([str(file)], [str(file), "--json"]):
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 0
        assert "hunter2" not in result.output
    assert "(hidden)" in json.loads(result.output)["local"]["broker"].values()
