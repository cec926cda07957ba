"""A slip in the gateway's own file: the agent runs on the copy that last was sound, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.errors import ConfigError
from edge_agent.gateway.config import last_good
from edge_agent.gateway.config.credentials import service_credentials
from edge_agent.gateway.config.load import load_file
from tests.broker import Broker, Listener
from tests.config.pushed import Applied
from tests.end_to_end.house import ROOT, AgentProcess, arrived, configuration
from tests.paths import CHECKOUT

SOUND = (CHECKOUT / "configs" / "minimal.yaml").read_bytes()
NONE = service_credentials({})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_bytes(SOUND)
    return path


def test_a_sound_file_runs_itself_and_is_kept(file: Path, tmp_path: Path) -> None:
    own = last_good.load(file, tmp_path, NONE)
    assert own == (load_file(file).settings, "")
    last_good.keep(file, tmp_path)
    assert (tmp_path / last_good.NAME).read_bytes() == SOUND


@given(cut=st.integers(0, len(SOUND) - 1))
def test_whatever_a_file_was_cut_to_the_agent_has_sound_settings(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = folder / "config.yaml"
    path.write_bytes(SOUND)
    last_good.keep(path, folder)
    whole = load_file(path).settings
    path.write_bytes(SOUND[:cut])
    own = last_good.load(path, folder, NONE)
    assert own.trouble == "" or (own.settings == whole and str(path) in own.trouble)


def test_without_a_copy_the_file_s_own_problems_are_reported(file: Path, tmp_path: Path) -> None:
    file.write_text("site: 1\nsite: 2\n")
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        last_good.load(file, tmp_path, NONE)


def test_a_copy_that_is_unsound_too_is_not_what_is_complained_of(file: Path, tmp_path: Path) -> None:
    file.write_text("site: [")
    (tmp_path / last_good.NAME).write_text("nonsense: 1")
    with pytest.raises(ConfigError) as caught:
        last_good.load(file, tmp_path, NONE)
    assert "nonsense" not in str(caught.value)


def test_a_file_that_broke_since_it_was_read_is_not_kept(file: Path, tmp_path: Path) -> None:
    last_good.keep(file, tmp_path)
    file.write_text("site: [")
    with pytest.raises(ConfigError):
        last_good.keep(file, tmp_path)
    assert (tmp_path / last_good.NAME).read_bytes() == SOUND


def test_no_push_takes_the_alert_away(tmp_path: Path) -> None:
    keeper = Applied(tmp_path).keeper
    keeper.file_trouble = "the file is refused"
    assert keeper.fact(1).present
    keeper.fallback = "pushed configuration 3 is damaged"
    assert keeper.fact(1).detail == "the file is refused; pushed configuration 3 is damaged"


def test_a_real_agent_starts_on_the_copy_and_says_so(tmp_path: Path) -> None:
    link = {"id": "link3", "bed": "3", "family": "sensor_link", "port": "/dev/serial/by-id/none"}
    with (
        Broker() as broker,
        Listener(broker.port, ROOT + "#") as screen,
        AgentProcess(tmp_path, configuration(broker.port, link)) as agent,
    ):
        screen.wait(arrived("state", lambda body: body["state"] == "online"), "never online")
        agent.stop()
        (tmp_path / "config.yaml").write_text("site: [")
        agent.start()
        screen.wait(
            arrived("alert", lambda body: body["condition"] == "config-fallback" and "config.yaml" in str(body)),
            "the copy is not owned up to",
        )
        assert agent.stop() == 0
