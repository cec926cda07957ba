"""Published examples of alarm delays, played through the ward at 1 Hz."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from edge_agent.domain.alerts import Alert, Priority
from edge_agent.domain.settings import SECOND, Limit
from tests.bedside.harness import START, Bench, settings

Json = dict[str, Any]
LONGEST = 60


def ward(limit: Limit) -> Bench:
    return Bench(settings(required=(), limits={"spo2-low": limit}))


def raised(bench: Bench) -> float:
    """Return after how many seconds the first alert was raised."""
    alert: Alert = bench.alerts("spo2-low")[0]
    return (alert.raised - START) / SECOND


def satseconds(example: Json) -> None:
    """Feed the steps: the alert comes when the integral is full, while the sample that fills it is the newest."""
    low, full = example["low_limit"], example["satseconds_limit"]
    values = [step["spo2"] for step in example["steps"] for _ in range(step["s"])]
    carried = [sum(low - value for value in values[:count]) for count in range(len(values) + 1)]
    filling = next(count for count, area in enumerate(carried) if area >= full)
    said = re.search(r"(\d+)th sample", example.get("expect_computed", ""))
    assert said is None or filling == int(said[1])
    bench = ward(Limit(limit=Decimal(low), delay_s=LONGEST, burden=Decimal(full), deep_limit=None))
    for count, value in enumerate(values, 1):
        assert count <= filling or bench.alerts("spo2-low")
        bench.say({"spo2": value})
        bench.wait(1)
        assert count >= filling or not bench.alerts("spo2-low")
    depth = low - values[filling - 1]
    assert abs(raised(bench) - (filling - 1 + (full - carried[filling - 1]) / depth)) < 1e-6
    assert bench.alerts("spo2-low")[0].why.evidence[0].value == values[filling - 1]


def safety_net(_: Json) -> None:
    """Violate the limit three times within a minute, each too short and shallow for the integral."""
    bench = ward(Limit(limit=Decimal(90), delay_s=30, burden=Decimal(50), deep_limit=None))
    for times in range(3):
        assert not bench.alerts("spo2-low"), times
        bench.feed(1, {"spo2": 88})
        bench.feed(24, {"spo2": 95})
    assert bench.phases("spo2-low")[0] == "start"


def smart_delay(example: Json) -> None:
    """Delay a slow drop by what the example says, and a value beyond the desaturation limit not at all."""
    said = re.search(r"low alarm (\d+) s after crossing", example["rules"])
    assert said
    delay = int(said[1])
    limit = Limit(limit=Decimal(90), delay_s=delay, deep_limit=Decimal(85), deep_delay_s=0)
    slow, deep = ward(limit), ward(limit)
    slow.feed(2 * delay, {"spo2": 88})
    assert (raised(slow), slow.alerts("spo2-low")[0].priority) == (delay, Priority.MEDIUM)
    deep.feed(1, {"spo2": 84})
    assert (raised(deep), deep.alerts("spo2-low")[0].priority) == (0, Priority.HIGH)


DELAYS: dict[str, Callable[[Json], None]] = {
    "nellcor_satseconds": satseconds,
    "satseconds_safety_net": safety_net,
    "philips_smart_delay": smart_delay,
}
"""Examples by their key in a file."""
