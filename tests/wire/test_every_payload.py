from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.domain.effects import (
    DeviceReport,
    Effect,
    LinkReport,
    LinkState,
    RiskWanted,
    SendToDevice,
)
from edge_agent.domain.windows import Window
from edge_agent.wire.compose import compose, seal
from edge_agent.wire.envelope import Body, Envelope, message_id
from edge_agent.wire.outgoing import Stamp
from edge_agent.wire.payloads import PAYLOADS
from tests.wire.checks import validate
from tests.wire.strategies import TOPICS, effects, links, several, stamps


@given(effect=effects, stamp=stamps, links=several(links), seq=st.integers(1, 10**12), durable=st.booleans())
def test_whatever_happens_can_be_said_in_documented_fields_and_finite_numbers(
    effect: Effect, stamp: Stamp, links: tuple[LinkReport, ...], seq: int, *, durable: bool
) -> None:
    (draft,) = compose(effect, TOPICS, stamp, links)
    said = validate(seal(draft, seq, stamp, durable).payload)
    assert said["seq"] == seq
    assert said["run"] == stamp.run
    assert said["stream"] == draft.stream


@given(effect=effects, stamp=stamps)
def test_the_topic_is_the_streams_or_its_history(effect: Effect, stamp: Stamp) -> None:
    (draft,) = compose(effect, TOPICS, stamp)
    assert draft.topic == TOPICS.root + draft.stream
    for topic in filter(None, (draft.topic, draft.history_topic)):
        assert TOPICS.parse(topic) is not None
    if draft.history_topic:
        assert draft.history_topic == TOPICS.root + "history/" + draft.stream


@given(effect=effects, stamp=stamps, seq=st.integers(1, 10**12))
def test_an_unsynced_clock_gives_no_time_of_day_but_always_the_monotonic_one(
    effect: Effect, stamp: Stamp, seq: int
) -> None:
    (draft,) = compose(effect, TOPICS, stamp)
    said = validate(seal(draft, seq, stamp).payload)
    known = stamp.trust != "unsynced" and stamp.wall_offset is not None
    assert (said["measured"] is not None) is known
    assert (said["expires_at"] is not None) is (known and draft.expires_s is not None)
    assert said["monotonic_us"] == draft.made // 1000
    assert said["clock"] == stamp.trust
    for record in [said, *said.get("alerts", [])]:
        for moment in ("began", "raised", "changed"):
            if f"{moment}_us" in record:
                assert (record[moment] is not None) is known
        for quieting in record.get("inactivation", []):
            assert (quieting["until"] is not None) is known


@given(effect=effects, stamp=stamps, seq=st.integers(1, 10**12))
def test_the_same_message_has_the_same_id_and_bytes_and_anybody_can_compute_it(
    effect: Effect, stamp: Stamp, seq: int
) -> None:
    (draft,) = compose(effect, TOPICS, stamp)
    one, other = seal(draft, seq, stamp), seal(compose(effect, TOPICS, stamp)[0], seq, stamp)
    assert one == other
    assert one.id == str(uuid.uuid5(uuid.UUID(stamp.run), f"{draft.stream}/{seq}"))
    assert one.id != seal(draft, seq + 1, stamp).id


@given(
    places=st.lists(
        st.tuples(st.uuids().map(str), st.sampled_from(["alert", "bed/1/alert", "bed/11/alert"]), st.integers(1, 30)),
        unique=True,
    )
)
def test_ids_differ_wherever_run_stream_or_seq_do(places: list[tuple[str, str, int]]) -> None:
    assert len({message_id(*place) for place in places}) == len(places)


def test_what_is_not_for_the_wire_says_nothing() -> None:
    stamp = Stamp(run=str(uuid.UUID(int=1)), boot="b", trust="synced", wall_offset=0)
    for effect in (
        SendToDevice("d", "serial", b""),
        LinkReport("d", "1", LinkState.LOST, "unplugged", 0),
        DeviceReport("d", LinkState.LOST, "unplugged", 0, 0, 0, 0, {}),
        RiskWanted("1", 1, 0, Window({})),
    ):
        assert compose(effect, TOPICS, stamp) == []


def test_no_payload_has_a_field_that_the_envelope_has() -> None:
    envelope = set(Envelope.__struct_encode_fields__)
    for name, payload in PAYLOADS.items():
        if issubclass(payload, Body):
            assert not envelope & set(payload.__struct_encode_fields__), name
