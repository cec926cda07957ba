"""The ledger fails when, and only when, something is missing or does not add up."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from msgspec.structs import replace

from edge_agent.cli.stage.audience import Audience
from edge_agent.cli.stage.ledger import Ledger
from edge_agent.cli.stage.report import lines, outcome, summary
from edge_agent.cli.stage.setting import TOPICS
from edge_agent.cli.stage.story import Consequence
from edge_agent.cli.viewing.heard import Heard
from edge_agent.domain.effects import AlertChanged
from edge_agent.wire import compose
from edge_agent.wire.payloads.health import Health, LedgerLine
from edge_agent.wire.payloads.state import Presence
from tests.stage import saying
from tests.stage.saying import NOW, Speaker

WANTED = (Consequence("3", "spo2-low", "the patient got worse", 2, 20),)


def account(**kinds: tuple[int, int, int, int]) -> Health:
    """Return a health message whose ledger has (produced, accepted, queued, dropped) per kind."""
    rows = tuple(
        LedgerLine(stream=kind, produced=p, accepted=a, queued=q, dropped={"oldest": d}, received=0, acknowledged=0)
        for kind, (p, a, q, d) in kinds.items()
    )
    return Health(
        uptime_s=1,
        queue_depth=0,
        buffer_hours_left=None,
        cpu_percent=None,
        memory_bytes=1,
        bytes_written=0,
        devices=(),
        ledger=rows,
    )


def audience(messages: Iterable[Heard]) -> Audience:
    """Return somebody who has heard these messages."""
    told = Audience.__new__(Audience)
    told.ledger, told.unread = Ledger(), 0
    for message in messages:
        told.ledger.take(message)
    return told


def evening(vitals: tuple[int, int, int, int] = (3, 3, 0, 0)) -> list[Heard]:
    """Return three vitals, one alert, and the agent's account of them."""
    speaker = Speaker()
    heard = [speaker.say(saying.vitals("3", saying.stream("spo2", value))) for value in (95, 90, 86)]
    heard.append(speaker.say(AlertChanged(saying.low_spo2("3"))))
    told = compose.health(TOPICS, NOW, account(vitals=vitals, alert=(1, 1, 0, 0)))
    return [*heard, speaker.send(told)]


def test_all_is_well_when_everything_arrived_and_adds_up() -> None:
    result = outcome(audience(evening()), WANTED)
    assert result.ok
    assert "OK" in lines(result)[-1]
    assert summary(result)["ok"] is True


def test_the_same_message_twice_counts_once() -> None:
    messages = evening()
    result = outcome(audience([*messages[:4], *messages[:4], messages[4]]), WANTED)
    assert result.ok
    assert result.twice == 4


@pytest.mark.parametrize("lost", range(4))
def test_any_lost_message_is_a_failure(lost: int) -> None:
    messages = evening()
    result = outcome(audience(messages[:lost] + messages[lost + 1 :]), WANTED)
    assert not result.ok
    assert any("does not add up" in failure for failure in result.failures)


def test_an_expected_alert_that_never_came_is_a_failure_by_name() -> None:
    messages = [message for message in evening() if message.kind != "alert"]
    result = outcome(audience(messages), WANTED)
    assert "BED 3: no spo2-low although the patient got worse" in result.failures
    assert any("NEVER ARRIVED" in line for line in lines(result))


def test_an_alert_of_another_bed_or_condition_does_not_do() -> None:
    (want,) = WANTED
    for other in (replace(want, bed="1"), replace(want, condition="spo2-high")):
        assert not outcome(audience(evening()), (other,)).ok


def test_an_alert_in_a_snapshot_that_was_never_announced_is_a_failure() -> None:
    messages = [*evening(), Speaker().say(saying.snapshot("1", saying.low_spo2("1")))]
    result = outcome(audience(messages), WANTED)
    assert any("present, never announced" in failure for failure in result.failures)


@pytest.mark.parametrize("wrong", [(4, 3, 0, 0), (3, 1, 1, 1), (2, 3, 0, 0), (4, 4, 0, 0)])
def test_an_account_that_does_not_balance_is_a_failure(wrong: tuple[int, int, int, int]) -> None:
    assert not outcome(audience(evening(wrong)), WANTED).ok


@pytest.mark.parametrize("right", [(4, 3, 1, 0), (5, 3, 1, 1), (3, 2, 1, 0)])
def test_what_is_queued_or_dropped_with_a_reason_adds_up(right: tuple[int, int, int, int]) -> None:
    assert outcome(audience(evening(right)), WANTED).ok


def test_what_was_said_after_the_account_is_not_held_against_it() -> None:
    speaker = Speaker()
    messages = [speaker.say(saying.vitals("3", saying.stream("spo2", 95)))]
    messages.append(speaker.send(compose.health(TOPICS, NOW, account(vitals=(1, 1, 0, 0)))))
    messages.append(speaker.say(saying.vitals("3", saying.stream("spo2", 95), at=NOW + 1_000)))
    assert outcome(audience(messages), ()).ok


def test_what_the_broker_keeps_to_itself_need_not_be_seen() -> None:
    speaker = Speaker()
    messages = [speaker.send(compose.state(TOPICS, NOW, Presence.ONLINE, 0))]
    messages.append(speaker.send(compose.health(TOPICS, NOW, account(state=(2, 2, 0, 0), heartbeat=(9, 9, 0, 0)))))
    assert outcome(audience(messages), ()).ok
    messages.append(speaker.send(compose.health(TOPICS, NOW, account(state=(3, 2, 0, 0)))))
    assert not outcome(audience(messages), ()).ok, "but it has to add up"


def test_an_agent_that_ends_badly_is_a_failure() -> None:
    assert outcome(audience(evening()), WANTED, 1).failures == ("the agent ended with code 1",)


def test_no_account_at_all_is_a_failure() -> None:
    assert not outcome(audience(evening()[:-1]), WANTED).ok


def test_the_summary_is_json() -> None:
    told = msgspec.json.decode(msgspec.json.encode(summary(outcome(audience(evening()), WANTED))))
    assert told["alerts"][0]["condition"] == "spo2-low"
    assert told["telemetry"][0]["produced"] == 3
