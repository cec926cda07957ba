"""A kill in every state of both machines: what stands stays as it is, and only what was not yet said begins anew."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import Alert, Outcome
from edge_agent.domain.inputs import Wake
from edge_agent.domain.settings import SECOND
from tests.bedside.desk import Desk
from tests.bedside.harness import START
from tests.bedside.test_time import shifted


def active(desk: Desk) -> None:
    desk.low()


def accepted(desk: Desk) -> None:
    desk.low()
    desk.answer("spo2-low", Outcome.ACCEPTED)


def paused(desk: Desk) -> None:
    desk.low()
    desk.answer("spo2-low", Outcome.PAUSED, for_s=120)


def acknowledged(desk: Desk) -> None:
    desk.low()
    desk.answer("spo2-low", Outcome.ACKNOWLEDGED, for_s=900)


def displaced(desk: Desk) -> None:
    desk.low()
    desk.unplug()
    desk.wait(20)


def paused_and_lost(desk: Desk) -> None:
    paused(desk)
    desk.unplug()
    desk.wait(20)


def clearing(desk: Desk) -> None:
    desk.low()
    desk.feed(5, {"spo2": 97})


def latched(desk: Desk) -> None:
    desk.low()
    desk.feed(25, {"spo2": 97})


def latched_and_paused(desk: Desk) -> None:
    latched(desk)
    desk.answer("spo2-low", Outcome.PAUSED, for_s=120)


def next_tier(desk: Desk) -> None:
    desk.low()
    desk.feed(20, {"spo2": 80})


QUIET = [paused, acknowledged, paused_and_lost, latched_and_paused]
STANDING = [*QUIET, active, accepted, displaced, clearing, latched, next_tier]


def stands(alert: Alert) -> tuple[object, ...]:
    """Return what a restart may not change."""
    who = alert.accepted_by, alert.inactivations, alert.tier
    return alert.event_id, alert.priority, alert.state, alert.signal, alert.began, alert.raised, *who


@pytest.mark.parametrize("lead", STANDING)
def test_what_stands_is_there_again_and_shown(lead: Callable[[Desk], None]) -> None:
    desk = Desk()
    lead(desk)
    before = desk.the("spo2-low")
    shown = len(desk.snapshots())
    desk.restart()
    after = desk.the("spo2-low")
    assert stands(after) == stands(before)
    assert len(desk.snapshots()) > shown
    assert stands(next(a for a in desk.snapshots()[-1].alerts if a.condition == "spo2-low")) == stands(before)


def kept(desk: Desk) -> object:
    """Return the alert about SpO2 and the call for somebody, as builtins."""
    (found,) = (each for each in desk.ward._floor.conditions("1") if each.name == "spo2-low")
    return msgspec.to_builtins((found.alert, found.call))


@pytest.mark.parametrize("lead", STANDING)
def test_in_another_boot_every_time_on_the_card_is_read_off_the_new_clock(lead: Callable[[Desk], None]) -> None:
    """Else a nurse reads that a value of this morning was measured just now."""
    desk = Desk()
    lead(desk)
    desk.give(Wake())
    before = kept(desk)
    data, off_for = desk.ward.snapshot(), 600 * SECOND
    desk.ward = Ward()
    desk.ward.restore(data)
    desk.ward.rebase(desk.now + START, off_for)
    assert shifted(kept(desk), 0) == shifted(before, START - off_for)


def test_what_a_nurse_has_reset_stays_reset_in_another_boot_and_hides_no_new_value() -> None:
    desk = Desk()
    desk.observe(vitals={"systolic": 80})
    desk.feed(2, {"spo2": 97})
    desk.answer("systolic-low", Outcome.RESET)
    desk.reboot(600 * SECOND)
    desk.feed(5, {"spo2": 97})
    assert desk.present("systolic-low") is None
    desk.observe(vitals={"systolic": 82})
    assert desk.present("systolic-low") is not None


def test_a_delay_that_was_running_begins_anew_and_nothing_is_raised_twice() -> None:
    desk = Desk()
    desk.feed(20, {"spo2": 88})
    desk.restart()
    desk.feed(20, {"spo2": 88})
    assert desk.alerts("spo2-low") == []
    desk.feed(20, {"spo2": 88})
    assert desk.phases("spo2-low") == ["start"]


def test_after_an_end_there_is_nothing_to_come_back() -> None:
    desk = Desk()
    accepted(desk)
    desk.feed(25, {"spo2": 97})
    desk.restart()
    desk.feed(25, {"spo2": 97})
    assert desk.phases("spo2-low")[-1] == "end"
    assert desk.present("spo2-low") is None
