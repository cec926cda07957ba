"""What is sent first: lanes, and the triage after an outage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gateway.delivery.entry import Entry, Lane
from edge_agent.gateway.delivery.lanes import PATIENCE, Lanes
from edge_agent.gateway.delivery.triage import triage
from edge_agent.wire.outgoing import Urgency
from tests.delivery.parts import BOOT, alert, seal, stamp

NONE: frozenset[Lane] = frozenset()
lanes_of = st.lists(st.sampled_from(Lane), max_size=60)


def entry(ordinal: int, event: str = "e", revision: int = 1, *, over: bool = False, urgency: int = 0) -> Entry:
    made = alert(event, revision, over=over, urgency=Urgency(urgency))
    return Entry(ordinal, BOOT, seal(made, ordinal, stamp()))


def filled(into: list[Lane]) -> Lanes:
    lanes = Lanes()
    for ordinal, lane in enumerate(into):
        lanes.push(lane, entry(ordinal))
    return lanes


@given(into=lanes_of)
def test_everything_comes_out_once_and_in_order_within_its_lane(into: list[Lane]) -> None:
    lanes = filled(into)
    out = []
    while (each := lanes.pop(NONE)) is not None:
        out.append(each.ordinal)
    assert sorted(out) == list(range(len(into)))
    for lane in Lane:
        mine = [ordinal for ordinal in out if into[ordinal] is lane]
        assert mine == sorted(mine)


@given(into=lanes_of)
def test_nothing_overtakes_a_more_urgent_lane_before_its_patience_ends(into: list[Lane]) -> None:
    lanes = filled(into)
    passed = dict.fromkeys(Lane, 0)
    while (each := lanes.pop(NONE)) is not None:
        turn = into[each.ordinal]
        above = [lane for lane in Lane if lane < turn and lanes.head(lane) is not None]
        assert not above or passed[turn] >= PATIENCE
        for lane in Lane:
            passed[lane] += lane > turn and lanes.head(lane) is not None
        passed[turn] = 0


def test_live_vitals_flow_through_a_flood_of_alerts() -> None:
    lanes = filled([Lane.LIVE] + [Lane.ALERT_HIGH] * 100)
    first = [lanes.pop(NONE) for _ in range(PATIENCE + 1)]
    assert [each.ordinal for each in first if each is not None][-1] == 0


def test_a_closed_lane_waits() -> None:
    lanes = filled([Lane.PAST])
    assert lanes.pop(frozenset({Lane.PAST})) is None
    assert lanes.pop(NONE) is not None


def test_an_entry_pushed_again_has_moved() -> None:
    lanes = Lanes()
    moved = entry(1)
    lanes.push(Lane.LIVE, moved)
    lanes.push(Lane.PAST, moved)
    assert lanes.waiting(Lane.LIVE) == []
    assert lanes.pop(NONE) is moved
    assert lanes.pop(NONE) is None


def test_one_that_is_gone_does_not_come_out() -> None:
    lanes = filled([Lane.LIVE, Lane.LIVE])
    head = lanes.head(Lane.LIVE)
    assert head is not None
    head.gone = True
    after = lanes.pop(NONE)
    assert after is not None
    assert after.ordinal == 1
    assert lanes.pop(NONE) is None


rows = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(0, 2)), max_size=30)


@given(rows=rows, announced=st.sets(st.sampled_from("abcd")))
def test_the_triage_announces_what_is_present_once_and_keeps_the_rest_in_order(
    rows: list[tuple[str, bool, int]], announced: set[str]
) -> None:
    ended: set[str] = set()
    entries = []
    for ordinal, (event, over, urgency) in enumerate(rows):
        if event not in ended:
            entries.append(entry(ordinal, event, ordinal, over=over, urgency=urgency))
            ended |= {event} if over else set()
    places = triage(entries, announced)
    assert {place.entry for place in places} == set(entries)
    for event in {each.message.event_id for each in entries}:
        mine = [each for each in entries if each.message.event_id == event]
        live = [p for p in places if p.entry in mine and p.lane is not Lane.PAST_ALERTS]
        past = [p.entry.ordinal for p in places if p.entry in mine and p.lane is Lane.PAST_ALERTS]
        assert past == sorted(past)
        if event in ended and event not in announced:
            assert live == []
        else:
            assert [p.entry for p in live] == [mine[-1]]
            assert live[0].lane == Lane(mine[-1].message.urgency)
        assert len({p.rank for p in places if p.entry in mine and p.lane is Lane.PAST_ALERTS}) <= 1
