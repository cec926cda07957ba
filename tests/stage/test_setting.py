"""The demonstration's configuration is the one in configs/, and the agent's own examiner passes and refuses it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from edge_agent.bedside.floor import WardState
from edge_agent.bedside.ward import Ward
from edge_agent.cli.stage.past import HOURS, snapshot
from edge_agent.cli.stage.setting import BAD_LIMIT, GOOD_LIMIT, gateway_file, ward
from edge_agent.cli.stage.story import roles
from edge_agent.domain.errors import ConfigError
from edge_agent.domain.settings import SECOND
from edge_agent.gateway.config.load import load_file, parse_file, parse_ward
from edge_agent.simulator.histories import medians
from tests.paths import CHECKOUT

PORTS = Path("/tmp/bedside-demo")  # noqa: S108 - the name in the file, nothing is written there


def test_the_file_in_configs_is_what_the_demonstration_runs() -> None:
    written = gateway_file(ward(roles(4), PORTS), ("127.0.0.1", 1883))
    assert parse_file(written.encode(), "demo").settings == load_file(CHECKOUT / "configs" / "demo.yaml").settings


@pytest.mark.parametrize("beds", [1, 2, 4, 16])
def test_every_size_of_ward_is_a_good_configuration(beds: int) -> None:
    settings = ward(roles(beds), PORTS)
    assert parse_file(gateway_file(settings, ("localhost", 1)).encode(), "demo").settings.ward == settings
    assert len({device.port for device in settings.devices}) == beds


def test_the_bad_configuration_is_refused_for_its_limit_alone_and_the_good_one_passes() -> None:
    bad, good = (replace(ward(roles(4), PORTS, limit), version=1) for limit in (BAD_LIMIT, GOOD_LIMIT))
    with pytest.raises(ConfigError) as refused:
        parse_ward(msgspec.json.encode(bad))
    assert [problem.path for problem in refused.value.problems] == ["limits.spo2-low.limit"]
    assert parse_ward(msgspec.json.encode(good)).limit("spo2-low").limit == GOOD_LIMIT


def test_the_past_is_a_state_that_the_ward_restores() -> None:
    settings, now = ward(roles(4), PORTS), 5 * SECOND
    restored = Ward()
    restored.restore(snapshot(settings, roles(4), 1, now))
    assert restored.settings == settings


def test_the_past_is_that_of_the_patients_who_then_live_on() -> None:
    settings, now = ward(roles(4), PORTS), 5 * SECOND
    for seed in (1, 2):
        state = msgspec.msgpack.decode(snapshot(settings, roles(4), seed, now), type=WardState)
        for role in roles(4):
            lived = medians(role.patient(seed), HOURS)
            assert state.beds[role.bed].hours.medians(now) == lived
            assert lived != medians(role.patient(seed + 1), HOURS)
