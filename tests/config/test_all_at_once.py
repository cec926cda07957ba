"""Plant k independent mistakes, get k problems, each at its line, in the order of the file."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.settings import LIMIT_RULES
from tests.config.good import GOOD, broken, line_of, problems


class Mistake(NamedTuple):
    """A part of `GOOD`, what somebody wrote instead, and the setting that is refused for it."""

    right: str
    wrong: str
    path: str


MISTAKES = (
    Mistake("site: st-marys", "site: st marys", "site"),
    Mistake("gateway: gw-1", "gatway: gw-1", "gatway"),
    Mistake("host: broker.example", "host: mqtt://broker.example:8883", "broker.host"),
    Mistake("port: 8884", "port: 88844", "broker.port"),
    Mistake("protocol: 5", "protocol: 4", "broker.protocol"),
    Mistake("password: mqtt-password", "password: Sommer2024!", "broker.password"),
    Mistake("keepalive_s: 10", "keepalive_s: 10s", "broker.keepalive_s"),
    Mistake("accept_unsigned_config: true", "accept_unsigned_config: yes", "accept_unsigned_config"),
    Mistake("required: [spo2, pulse]", "required: [spo2, puls]", "settings.beds[0].required[1]"),
    Mistake("spo2: [ox-a, ox-b]", "spo2: [ox-a, ox-c]", "settings.beds[0].sources.spo2[1]"),
    Mistake("pregnant: false", "pregnant: true", "settings.beds[0].patient.pregnant"),
    Mistake("encounter: e-1", "encounter: Anna Muster", "settings.beds[0].encounter"),
    Mistake("state: off-ward", "state: offward", "settings.beds[1].state"),
    Mistake("id: ox-b", "id: ox-a", "settings.devices[1].id"),
    Mistake("baudrate: 115200", "baudrate: 115.200", "settings.devices[0].baudrate"),
    Mistake("site: left earlobe", "site: Left Earlobe", "settings.devices[0].site"),
    Mistake("adapter: hci0", "port: /dev/ttyUSB4", "settings.devices[1].port"),
    Mistake("port: /dev/ttyUSB1", "port: /dev/ttyUSB0", "settings.devices[2].port"),
    Mistake("      limit: 91", "      limit: 80", "settings.limits.spo2-low.limit"),
    Mistake("delay_s: 20\n", "delay_s: 600\n", "settings.limits.spo2-low.delay_s"),
    Mistake("enabled: true", "enabled: false", "settings.limits.spo2-low.enabled"),
    Mistake("priority: high", "priority: low", "settings.limits.spo2-low.priority"),
    Mistake("limit: 38.4", "limit: 38,4", "settings.limits.temperature-high.limit"),
    Mistake("    spo2: 12", "    spo2: 120", "settings.max_age_s.spo2"),
    Mistake("spot_interval_min: 240", "spot_interval_min: 4h", "settings.spot_interval_min"),
    Mistake("telemetry_interval_s: 2", "telemetry_interval_s: 0", "settings.telemetry_interval_s"),
    Mistake("risk_alert_probability: 0.25", "risk_alert_probability: 25 %", "settings.risk_alert_probability"),
)


def _line(mistake: Mistake) -> int:
    return GOOD[: GOOD.index(mistake.right)].count("\n") + 1 + (mistake.right[0] == "\n")


@given(st.sets(st.sampled_from(MISTAKES)))
def test_every_mistake_is_one_problem_at_its_line(planted: set[Mistake]) -> None:
    found = problems(broken(*((mistake.right, mistake.wrong) for mistake in planted)))
    assert {(each.path, line_of(each)) for each in found} == {(each.path, _line(each)) for each in planted}
    assert len(found) == len(planted)
    assert [line_of(each) for each in found] == sorted(line_of(each) for each in found)


def test_all_of_them_together() -> None:
    assert len(problems(broken(*((mistake.right, mistake.wrong) for mistake in MISTAKES)))) == len(MISTAKES)


def test_every_limit_rule_is_held_to_its_bounds() -> None:
    for rule, known in LIMIT_RULES.items():
        for limit in (known.lowest - 1, known.highest + 1):
            text = GOOD.replace(
                "    temperature-high:\n      limit: 38.4\n", f"    {rule}: {{limit: {limit}, deep_limit: ~}}\n"
            )
            text = (
                text.replace("    spo2-low:\n      limit: 91", "    pulse-low:\n      limit: 50")
                if rule == "spo2-low"
                else text
            )
            paths = {each.path for each in problems(text)}
            assert f"settings.limits.{rule}.limit" in paths
