from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.alerts import (
    OVER,
    Alert,
    ConditionState,
    Evidence,
    Inactivation,
    InactivationKind,
    Kind,
    Phase,
    Priority,
    SignalState,
    Why,
)
from edge_agent.domain.effects import AlertChanged, AlertsSnapshot
from edge_agent.domain.settings import SECOND, BedState
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.outgoing import Stamp, Urgency
from edge_agent.wire.payloads.alert import alert_record
from edge_agent.wire.payloads.alerts import alerts
from tests.wire.checks import validate
from tests.wire.strategies import TOPICS, alert_events, stamps
from tests.wire.strategies import alerts as any_alert

STAMP = Stamp(run="00000000-0000-0000-0000-000000000001", boot="b", trust="synced", wall_offset=0)
ALERT = Alert(
    bed="3",
    condition="temperature-high",
    kind=Kind.PHYSIOLOGICAL,
    priority=Priority.HIGH,
    event_id="00000000-0000-0000-0000-000000000002",
    ordinal=1,
    revision=3,
    phase=Phase.UPDATE,
    state=ConditionState.ACTIVE,
    signal=SignalState.ON,
    began=10 * SECOND,
    raised=20 * SECOND,
    changed=30 * SECOND,
    why=Why(
        text="Temperature 40.1 °C",
        rule="temperature-high",
        limit=385,
        evidence=(
            Evidence(vital="temperature", value=401, at=25 * SECOND, device="t", before=399),
            Evidence(vital="temperature", value=400, at=12 * SECOND, device="u"),
        ),
    ),
)


def changed(alert: Alert, **changes: object) -> Alert:
    return msgspec.structs.replace(alert, **changes)


def quiet(kind: InactivationKind) -> Inactivation:
    return Inactivation(kind=kind, owner="nurse-7", reason="care", until=90 * SECOND)


@given(alert_events, stamps)
def test_an_alerts_draft_goes_once_at_its_urgency_and_never_expires(event: AlertChanged, stamp: Stamp) -> None:
    (draft,) = compose(event, TOPICS, stamp)
    said = event.alert
    assert (draft.event_id, draft.revision, draft.made) == (said.event_id, said.revision, said.changed)
    assert draft.over is (said.phase in OVER)
    assert (draft.qos, draft.retain, draft.slot, draft.expires_s, draft.live_s) == (1, False, False, None, None)
    assert draft.stream == (f"bed/{said.bed}/alert" if said.bed else "alert")


@given(any_alert, any_alert)
def test_the_higher_priority_is_the_more_urgent(one: Alert, other: Alert) -> None:
    drafts = [compose(AlertChanged(each), TOPICS, STAMP)[0] for each in (one, other)]
    if one.priority.rank > other.priority.rank >= Priority.LOW.rank:
        assert drafts[0].urgency < drafts[1].urgency
    assert all(draft.urgency <= Urgency.ALERT_LOW for draft in drafts)


@pytest.mark.parametrize("durable", [True, False])
def test_an_alert_says_whether_it_was_stored_first(*, durable: bool) -> None:
    (draft,) = compose(AlertChanged(ALERT), TOPICS, STAMP)
    assert validate(seal(draft, 1, STAMP, durable).payload)["durable"] is durable


def test_values_limit_and_ages_are_those_of_the_moment_the_alert_changed() -> None:
    record = alert_record(ALERT, ALERT.changed, STAMP)
    assert record.limit == Decimal("38.5")
    assert [(proof.value, proof.before, proof.age_ms) for proof in record.evidence] == [
        (Decimal("40.1"), Decimal("39.9"), 5000),
        (Decimal("40.0"), None, 18000),
    ]
    assert (record.began, record.raised, record.changed) == (
        "1970-01-01T00:00:10.000Z",
        "1970-01-01T00:00:20.000Z",
        "1970-01-01T00:00:30.000Z",
    )


def test_only_an_alert_that_cannot_be_verified_says_its_last_valid_value_and_its_age() -> None:
    assert alert_record(ALERT, ALERT.changed, STAMP).last_valid is None
    last = alert_record(changed(ALERT, verifiable=False), ALERT.changed, STAMP).last_valid
    assert last is not None
    assert (last.value, last.age_ms, last.device) == (Decimal("40.1"), 5000, "t")


def test_an_unverifiable_alert_without_any_value_invents_none() -> None:
    bare = changed(ALERT, verifiable=False, why=Why(text="never seen", rule="r", limit=385))
    record = alert_record(bare, bare.changed, STAMP)
    assert (record.last_valid, record.limit) == (None, None)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "New"),
        ({"accepted_by": "nurse-7"}, "Accepted by"),
        ({"inactivations": (quiet(InactivationKind.ACKNOWLEDGED),)}, "Accepted by"),
        ({"accepted_by": "nurse-7", "inactivations": (quiet(InactivationKind.AUDIO_PAUSED),)}, "Paused until"),
        ({"inactivations": (quiet(InactivationKind.ALARM_PAUSED),)}, "Paused until"),
        ({"phase": Phase.END, "accepted_by": "nurse-7"}, "Ended"),
        ({"phase": Phase.RESET, "inactivations": (quiet(InactivationKind.AUDIO_PAUSED),)}, "Ended"),
    ],
)
def test_a_person_reads_one_plain_word(changes: dict[str, object], word: str) -> None:
    assert alert_record(changed(ALERT, **changes), ALERT.changed, STAMP).status.value == word


def test_the_words_on_the_wire_are_those_of_ihe_acm() -> None:
    (draft,) = compose(
        AlertChanged(changed(ALERT, inactivations=(quiet(InactivationKind.AUDIO_PAUSED),))), TOPICS, STAMP
    )
    said = validate(seal(draft, 1, STAMP).payload)
    assert {key: said[key] for key in ("phase", "state", "priority", "type")} == {
        "phase": "update",
        "state": "active",
        "priority": "high",
        "type": "physiological",
    }
    assert [(each["kind"], each["until"]) for each in said["inactivation"]] == [
        ("audio-paused", "1970-01-01T00:01:30.000Z")
    ]


@pytest.mark.parametrize(
    ("state", "monitored", "word"),
    [
        (BedState.MONITORED, True, "Monitored"),
        (BedState.MONITORED, False, "Not monitored"),
        (BedState.OFF_WARD, False, "Off ward"),
        (BedState.STANDBY, False, "Standby"),
        (BedState.UNASSIGNED, False, "Unassigned"),
        (None, True, None),
    ],
)
def test_a_bed_has_one_plain_word_too(state: BedState | None, *, monitored: bool, word: str | None) -> None:
    body = alerts(AlertsSnapshot("3" if state else "", 0, state, monitored, 0, ()), STAMP)
    assert (body.status.value if body.status else None) == word


@given(st.sampled_from(["", "3"]))
def test_an_empty_snapshot_says_so_and_replaces_the_one_before(bed: str) -> None:
    snapshot = AlertsSnapshot(bed, 0, BedState.MONITORED if bed else None, monitored=True, since=0, alerts=())
    (draft,) = compose(snapshot, TOPICS, STAMP)
    assert validate(seal(draft, 1, STAMP).payload)["alerts"] == []
    assert (draft.retain, draft.slot, draft.qos) == (True, True, 1)
    assert draft.stream == ("bed/3/alerts" if bed else "alerts")
