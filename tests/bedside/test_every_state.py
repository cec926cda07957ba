"""A kill and a reboot in every state of both machines, as their tables have them, through what is kept on the disk.

The states are not written down here: whoever adds one to a table must say how an alert gets there.
"""

from __future__ import annotations

from itertools import product
from uuid import UUID

import pytest
from msgspec.structs import replace

from edge_agent.bedside import machine, signal
from edge_agent.bedside.machine import Condition
from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import Alert, Outcome, SignalEvent, SignalState
from edge_agent.domain.inputs import SettingsApplied, Started
from edge_agent.domain.settings import SECOND
from edge_agent.gateway import memory
from edge_agent.wire.outgoing import Stamp
from tests.bedside.desk import Desk
from tests.bedside.harness import RUN
from tests.bedside.test_machine import state_of

CONDITIONS = tuple(dict.fromkeys(state for before, _, after, _ in machine.TRANSITIONS for state in (before, after)))
SIGNALS = tuple(dict.fromkeys(state for before, _, after in signal.TRANSITIONS for state in (before, after)))
NO_ALERT = ("idle", "pending")
IMPOSSIBLE = {
    *((state, quiet) for state in NO_ALERT for quiet in SIGNALS if quiet is not SignalState.OFF),
    ("latched", SignalState.OFF),  # what is over is spoken for by nobody else
}
QUIETING = {SignalState.PAUSED: (Outcome.PAUSED, 120), SignalState.ACKNOWLEDGED: (Outcome.ACKNOWLEDGED, 900)}
STATES = [pair for pair in product(CONDITIONS, SIGNALS) if pair not in IMPOSSIBLE]
OFF_FOR = 10 * SECOND
WALL = 1_790_000_000 * SECOND


def in_state(condition: str, sounds: SignalState) -> Desk:
    """Return a desk on which the alert of bed 1, or its absence, is in these states of the two machines."""
    desk = Desk()
    desk.feed(3, {"spo2": 97})
    LEADS[condition](desk)
    if sounds in QUIETING:
        outcome, for_s = QUIETING[sounds]
        desk.answer("spo2-low", outcome, for_s=for_s)
    elif sounds is SignalState.OFF and condition not in NO_ALERT:
        desk.unplug()
        desk.wait(20)
        desk.plug()
    if condition == "clearing":
        desk.feed(5, {"spo2": 97})
    held = condition_of(desk)
    assert state_of(held) == condition
    assert (held.alert.signal if held.alert else SignalState.OFF) is sounds
    return desk


def nothing(_desk: Desk) -> None:
    """Leave the patient well."""


def begin(desk: Desk) -> None:
    desk.feed(10, {"spo2": 88})


def latch(desk: Desk) -> None:
    desk.low()
    desk.feed(25, {"spo2": 97})


def fall(desk: Desk) -> None:
    desk.low()


LEADS = {"idle": nothing, "pending": begin, "active": fall, "clearing": fall, "latched": latch}


def condition_of(desk: Desk) -> Condition:
    return desk.ward._floor.state.beds["1"].conditions["spo2-low"]


def start_anew(desk: Desk, *, boot: str, now: int, wall: int | None) -> None:
    """Begin a new run from the memory that the store keeps; `wall`: UTC minus the clock of `boot`, ns, if known."""
    data = memory.encode(desk.ward.snapshot(), desk.now, Stamp(RUN, "boot", "synced", WALL), ())
    desk.ward, desk.now = Ward(), now
    memory.restore(desk.ward, memory.decode(data), now, Stamp(RUN, boot, "synced", wall))
    desk.give(Started(str(UUID(int=2)), boot, restored=True))
    desk.give(SettingsApplied(desk.settings))


def moved(alert: Alert, by: int) -> Alert:
    """Return what a restart may not change, read off another clock."""
    quiet = tuple(replace(each, until=each.until + by) for each in alert.inactivations)
    return replace(alert, began=alert.began + by, raised=alert.raised + by, inactivations=quiet)


def lasting(alert: Alert | None) -> tuple[object, ...]:
    if alert is None:
        return ()
    who = alert.accepted_by, alert.inactivations, alert.tier
    return alert.event_id, alert.priority, alert.state, alert.signal, alert.began, alert.raised, *who


def test_every_state_of_both_tables_is_here() -> None:
    assert set(SIGNALS) == set(SignalState)
    assert {condition for condition, _ in STATES} == set(CONDITIONS)
    assert {sounds for _, sounds in STATES} == set(SIGNALS)


@pytest.mark.parametrize(("condition", "sounds"), STATES)
@pytest.mark.parametrize("rebooted", [False, True], ids=["kill", "reboot"])
def test_what_stands_goes_on_to_the_second(condition: str, sounds: SignalState, *, rebooted: bool) -> None:
    desk = in_state(condition, sounds)
    before, said, then = condition_of(desk).alert, len(desk.alerts("spo2-low")), desk.now
    if rebooted:
        start_anew(desk, boot="another", now=30 * SECOND, wall=WALL + then + OFF_FOR - 30 * SECOND)
    else:
        start_anew(desk, boot="boot", now=then, wall=WALL)
    by = desk.now - OFF_FOR - then if rebooted else 0
    assert lasting(condition_of(desk).alert) == lasting(before and moved(before, by))
    assert all(alert.signal is sounds for alert in desk.alerts("spo2-low")[said:]), "nothing sounds anew, or less"
    goes_on(desk, before)


@pytest.mark.parametrize(("condition", "sounds"), STATES)
def test_after_a_reboot_without_a_clock_every_quieting_ends_and_says_so(condition: str, sounds: SignalState) -> None:
    desk = in_state(condition, sounds)
    before, said = condition_of(desk).alert, len(desk.alerts("spo2-low"))
    last = desk.ward.last
    start_anew(desk, boot="another", now=30 * SECOND, wall=None)
    after = condition_of(desk).alert
    if before is not None and sounds in QUIETING:
        assert after is not None
        assert (after.signal, after.inactivations, after.accepted_by) == (SignalState.ON, (), "")
        events = [alert.signal_event for alert in desk.alerts("spo2-low")[said:]]
        assert SignalEvent.CLOCK_LOST in events
        assert after.state is before.state
    else:
        assert lasting(after) == lasting(before and moved(before, desk.now - last))
    goes_on(desk, before)


def goes_on(desk: Desk, before: Alert | None) -> None:
    """Expect one alert, the same as before, of a patient who is low again after the restart."""
    if before is None:
        assert desk.alerts("spo2-low") == []
    desk.feed(40, {"spo2": 80})
    alert = desk.the("spo2-low")
    assert before is None or alert.event_id == before.event_id
    assert desk.phases("spo2-low").count("start") == 1
