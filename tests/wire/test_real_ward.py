"""A real ward with devices that speak through their encoders: whatever it says goes through the wire."""

from __future__ import annotations

import json
from collections import defaultdict

from edge_agent.domain.alerts import OVER, Phase
from edge_agent.domain.effects import LinkReport, RiskWanted
from edge_agent.domain.inputs import RiskAnswered
from edge_agent.domain.windows import RiskScore
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Outgoing
from edge_agent.wire.payloads.command_observe import read_observation
from tests.bedside.harness import Bench, settings
from tests.wire.checks import Json, validate
from tests.wire.examples import SYNCED
from tests.wire.strategies import TOPICS

WORSE = {"spo2": 84, "pulse_rate": 128, "respiratory_rate": 26, "systolic": 92, "temperature": 391}


def story() -> Bench:
    """Somebody deteriorates, is observed, the cable is pulled, the broker dies, all comes back, the agent restarts."""
    bench = Bench(settings(risk_alert_probability=0.3))
    bench.feed(5, {"spo2": 97, "temperature": 370})
    bench.feed(40, WORSE)
    observation = {
        "schema": "bedside/command-observe/1",
        "request": "obs-1",
        "consumer": "nurse-app",
        "expires_at": "2027-01-01T00:00:00Z",
        "bed": "1",
        "person": "nurse-7",
        "vitals": [{"vital": "systolic", "value": 91, "unit": "mm[Hg]"}],
        "consciousness": "V",
        "supplemental_oxygen": True,
    }
    bench.give(read_observation(json.dumps(observation).encode(), bench.now, SYNCED))
    for wanted in [effect for effect in bench.effects if isinstance(effect, RiskWanted)][-1:]:
        bench.give(RiskAnswered("1", wanted.request, RiskScore(0.5, (), 3, "m", "0" * 64, "r"), bench.now))
    bench.unplug()
    bench.fact("broker-unreachable", present=True)
    bench.wait(90)
    bench.fact("broker-unreachable", present=False)
    bench.plug()
    bench.feed(60, {"spo2": 97, "temperature": 370, "pulse_rate": 70, "respiratory_rate": 14})
    bench.restart()
    bench.feed(20, {"spo2": 97})
    return bench


def said(bench: Bench) -> list[tuple[Outgoing, Json]]:
    """Send all effects as the gateway does: a number per stream, the links beside the vitals."""
    numbers: dict[str, int] = defaultdict(int)
    links: dict[str, LinkReport] = {}
    messages = []
    for effect in bench.effects:
        if isinstance(effect, LinkReport):
            links[effect.device] = effect
        for draft in compose(effect, TOPICS, SYNCED, links.values()):
            numbers[draft.stream] += 1
            sealed = seal(draft, numbers[draft.stream], SYNCED)
            messages.append((sealed, validate(sealed.payload)))
    return messages


def test_everything_a_ward_says_is_documented_and_numbered_without_gaps() -> None:
    messages = said(story())
    assert len({sealed.id for sealed, _ in messages}) == len(messages)
    names = {(parsed := TOPICS.parse(sealed.topic)) and parsed.name for sealed, _ in messages}
    alerts = {"alert", "alerts", "suppressed", "gateway-alert", "gateway-alerts"}
    assert names == {"vitals", "score", "command-result", *alerts}


def test_a_consumer_of_events_alone_knows_the_same_present_alerts_as_one_of_snapshots() -> None:
    events: dict[str, int] = {}
    snapshot: dict[str, int] = {}
    seen = set()
    for sealed, payload in said(story()):
        if payload["schema"] == "bedside/alert/1":
            assert sealed.revision == payload["revision"] == events.get(sealed.event_id, 0) + 1
            events[sealed.event_id] = sealed.revision
            seen.add(payload["condition"])
            assert sealed.over is (Phase(payload["phase"]) in OVER)
            if sealed.over:
                del events[sealed.event_id]
        elif payload["schema"] == "bedside/alerts/1" and payload.get("bed"):
            snapshot = {alert["event_id"]: alert["revision"] for alert in payload["alerts"]}
            bed = {event: revision for event, revision in events.items() if event in snapshot}
            assert bed == snapshot
    assert {"spo2-low", "temperature-high", "news2", "not-monitored", "risk", "broker-unreachable"} <= seen
    assert events == snapshot


def test_the_alert_that_lost_its_input_says_the_last_valid_value_and_its_age() -> None:
    blind = [
        payload
        for _, payload in said(story())
        if payload["schema"] == "bedside/alert/1" and payload["condition"] == "spo2-low" and not payload["verifiable"]
    ]
    assert (blind[0]["phase"], blind[0]["priority"]) == ("update", "high")
    assert blind[0]["last_valid"]["value"] == 84
    assert blind[0]["last_valid"]["age_ms"] >= 10_000
