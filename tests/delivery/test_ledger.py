from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gateway.delivery.ledger import LEAST_RESERVE, Ledger
from edge_agent.gateway.store.records import Counts

KEY = ("run", "stream")
small = st.integers(0, 50)


def test_numbers_begin_with_one_in_each_stream() -> None:
    ledger = Ledger("run")
    assert [ledger.produce(stream) for stream in ("a", "b", "a")] == [1, 1, 2]


@given(saves=st.lists(st.integers(1, 200), max_size=20))
def test_what_was_saved_is_never_below_what_was_produced_when_saved_in_time(saves: list[int]) -> None:
    ledger = Ledger("run")
    reserved = 0
    for number in saves:
        for _ in range(number):
            produced = ledger.produce("stream")
            if ledger.short:
                (saved,) = ledger.to_save()
                reserved = saved.reserved
            assert produced <= reserved


def test_an_exact_stream_is_saved_as_it_is() -> None:
    ledger = Ledger("run")
    ledger.produce("alert", exact=True)
    (saved,) = ledger.to_save(["alert"])
    assert (saved.produced, saved.reserved) == (1, 1)
    assert not ledger.short


def test_a_save_that_failed_is_still_to_be_done() -> None:
    ledger = Ledger("run")
    ledger.produce("stream")
    saved = ledger.to_save()
    assert ledger.to_save() == ()
    ledger.not_saved(saved)
    assert len(ledger.to_save()) == 1


@given(produced=small, ahead=small, accepted=small, offline=small, queued=small)
def test_an_earlier_run_balances_whatever_it_left(
    produced: int, ahead: int, accepted: int, offline: int, queued: int
) -> None:
    dropped = {"offline": offline} if offline else {}
    left = Counts(
        run="earlier", stream="stream", produced=produced, reserved=produced + ahead, accepted=accepted, dropped=dropped
    )
    ledger = Ledger("run")
    found = {("earlier", "stream"): queued} if queued else {}
    ledger.adopt([left], found)
    assert ledger.balanced(found)
    (counts,) = ledger.lines()
    lost = produced + ahead - accepted - offline - queued
    assert counts.dropped.get("crash", 0) == max(0, lost)
    assert counts.accepted <= accepted


def test_reckoning_again_finds_nothing_new() -> None:
    ledger = Ledger("run")
    ledger.adopt([Counts(run="earlier", stream="s", produced=3, reserved=10, accepted=1)], {})
    again = Ledger("next")
    again.adopt(ledger.lines(), {})
    assert again.lines() == ledger.lines()
    assert ledger.lines()[0].dropped == {"crash": 9}


def test_messages_of_a_run_nobody_knows_are_counted_as_its_production() -> None:
    ledger = Ledger("run")
    ledger.adopt([], {("earlier", "stream"): 4})
    assert ledger.lines() == [Counts(run="earlier", stream="stream", produced=4, reserved=4)]


def test_a_line_of_this_run_is_not_touched_by_what_is_found_late() -> None:
    ledger = Ledger("run")
    ledger.produce("stream")
    ledger.adopt([Counts(run="earlier", stream="stream", produced=2, reserved=2, accepted=2)], {KEY: 1})
    assert ledger.balanced({KEY: 1})


def test_an_orderly_end_needs_no_reserve() -> None:
    ledger = Ledger("run")
    ledger.produce("stream")
    ledger.close()
    (saved,) = ledger.to_save()
    assert saved.reserved == 1 < LEAST_RESERVE


def test_an_imbalance_is_named() -> None:
    ledger = Ledger("run")
    ledger.produce("stream")
    assert ledger.imbalance({}) == {KEY: 1}
    assert ledger.imbalance({KEY: 2}) == {KEY: -1}
    assert ledger.balanced({KEY: 1})


def test_receipts_are_columns_of_their_own() -> None:
    ledger = Ledger("run")
    ledger.produce("stream")
    ledger.accept(KEY)
    ledger.receive(KEY)
    ledger.acknowledge(KEY)
    (counts,) = ledger.lines()
    assert (counts.accepted, counts.received, counts.acknowledged) == (1, 1, 1)
    assert ledger.balanced({})
