"""The signal's state machine: what a person is told of an alert that is there, apart from whether it is there.

States: off, on, paused, acknowledged. `TRANSITIONS` is the table, and all there is: an event without a row changes
nothing. So a lost signal (`displaced`) never ends a pause, and a pause never hides one, for the technical alert that
tells of it has a signal of its own; what ends a quieting before its time (worse, a new cause, a lost clock) sounds.
"""

from __future__ import annotations

import msgspec

from edge_agent.domain.alerts import Alert, Inactivation, SignalEvent, SignalState

OFF, ON, PAUSED, ACKNOWLEDGED = SignalState.OFF, SignalState.ON, SignalState.PAUSED, SignalState.ACKNOWLEDGED

QUIETED = frozenset({PAUSED, ACKNOWLEDGED})
"""The states that a person has put a signal into, each with deadline, owner and coded reason."""

TRANSITIONS: tuple[tuple[SignalState, SignalEvent, SignalState], ...] = (
    (OFF, SignalEvent.RAISED, ON),
    (OFF, SignalEvent.SPEAKS, ON),
    (OFF, SignalEvent.WORSE, ON),
    (OFF, SignalEvent.PAUSED, PAUSED),
    (OFF, SignalEvent.ACKNOWLEDGED, ACKNOWLEDGED),
    (ON, SignalEvent.DISPLACED, OFF),
    (ON, SignalEvent.OVER, OFF),
    *((state, SignalEvent.PAUSED, PAUSED) for state in (ON, PAUSED, ACKNOWLEDGED)),
    *((state, SignalEvent.ACKNOWLEDGED, ACKNOWLEDGED) for state in (ON, PAUSED, ACKNOWLEDGED)),
    *(
        (state, event, ON)
        for state in (PAUSED, ACKNOWLEDGED)
        for event in (
            SignalEvent.RAISED,
            SignalEvent.TIME_UP,
            SignalEvent.WORSE,
            SignalEvent.NEW_CAUSE,
            SignalEvent.CLOCK_LOST,
        )
    ),
    *((state, SignalEvent.OVER, OFF) for state in (PAUSED, ACKNOWLEDGED)),
)
"""(state, event, next state). The tests walk it against `step`."""

_NEXT = {(state, event): after for state, event, after in TRANSITIONS}


def step(alert: Alert, event: SignalEvent, quiet: Inactivation | None = None) -> Alert:
    """Return `alert` after `event`: the same object when the table has no row for it.

    `quiet` goes with `paused` and `acknowledged` and takes the place of any earlier one. A quieting that ends before
    its alert does leaves nobody in charge: somebody has to accept it anew.
    """
    after = _NEXT.get((alert.signal, event))
    if after is None:
        return alert
    return msgspec.structs.replace(
        alert,
        signal=after,
        signal_event=event,
        inactivations=() if quiet is None else (quiet,),
        accepted_by="" if alert.signal in QUIETED and after is ON else alert.accepted_by,
    )


def time_up(alert: Alert) -> int | None:
    """Return when the quieting of `alert` ends, in ns; None when it is not quieted."""
    return next((each.until for each in alert.inactivations), None)
