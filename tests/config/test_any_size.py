"""The worst that fits into a configuration is refused, soon, with a list that somebody can read.

Nothing here measures time: the suite's own timeout ends a test that would keep a gateway busy.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from edge_agent.gateway.config.nodes import MAX_BYTES
from edge_agent.gateway.config.sheet import MOST
from tests.config.good import GOOD, broken, problems, ward_problems


def _beds(count: int) -> list[dict[str, object]]:
    return [{"id": str(number)} for number in range(count)]


def _devices(count: int) -> list[dict[str, object]]:
    return [{"id": f"d{n}", "bed": str(n), "family": "sensor_link", "port": f"/{n}"} for n in range(count)]


def _push(**content: object) -> bytes:
    data = json.dumps({"config_schema": 1, "version": 1, **content}, separators=(",", ":")).encode()
    assert len(data) <= MAX_BYTES, "it would be refused for its size alone"
    return data


BODY = MAX_BYTES - 2_000
WORST: dict[str, Callable[[], bytes]] = {
    "thousands of beds, all twice": lambda: _push(beds=_beds(2_500) * 2, devices=_devices(2_000)),
    "thousands of unknown keys": lambda: _push(**{f"k{n}": 0 for n in range(20_000)}),
    "one key thousands of times": lambda: b"{" + b'"beds":1,' * 20_000 + b'"version":1}',
    "thousands of limits": lambda: _push(limits={f"spo2-low{n}": {} for n in range(10_000)}),
    "a bed that requires thousands": lambda: _push(beds=[{"id": "1", "required": ["spo2"] * 20_000}]),
    "a bed with thousands of sources": lambda: _push(beds=[{"id": "1", "sources": {"spo2": ["a"] * 40_000}}]),
    "a long word for a number": lambda: _push(news2_delay_s="a" * BODY + "1"),
    "a long number": lambda: _push(news2_delay_s=0, version=int("9" * 4_000)),
    "a long name": lambda: _push(beds=[{"id": "a" * BODY}]),
    "a long almost-URL": lambda: _push(beds=[{"id": "/" * BODY}]),
    "a long choice": lambda: _push(beds=[{"id": "1", "state": "monitored" * (BODY // 9)}]),
    "a long text for a list": lambda: _push(beds=[{"id": "1", "required": "a" * BODY}]),
    "long spaces": lambda: _push(beds=[{"id": "1", "encounter": " " * BODY}]),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_push_is_refused_soon_and_readably(name: str) -> None:
    found = ward_problems(WORST[name]())
    assert 0 < len(found) <= MOST + 1
    assert sum(map(len, map(str, found))) < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "a: [" + "x, " * 20_000 + "]",
        "".join(f"k{n}: v\n" for n in range(15_000)),
        broken(("site: st-marys", "site: " + "a " * 50_000)),
        broken(("telemetry_interval_s: 2", "telemetry_interval_s: " + "a" * 200_000 + "1")),
        broken(("host: broker.example", "host: " + "a" * 200_000 + "://")),
    ],
    ids=["list", "keys", "words", "number", "url"],
)
def test_the_worst_file_too(text: str) -> None:
    assert 0 < len(problems(text)) <= MOST + 1


def test_after_many_problems_it_says_that_there_may_be_more() -> None:
    found = problems(GOOD + "".join(f"unknown-{n}: 1\n" for n in range(500)))
    assert len(found) == MOST + 1
    assert found[-1].found == f"{MOST} problems, and perhaps more"
