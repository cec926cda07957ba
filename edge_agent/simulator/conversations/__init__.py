"""How devices converse: one file is one manner, from talking unasked to a handshake with polls. Table: `begin`.

A conversation is the device's end of a line, in virtual time: it is fed bytes and asked what it says. Who is measured,
what is wrong with the device, and which port it is at is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from edge_agent.simulator.conversations.conversation import Conversation, Measure
from edge_agent.simulator.conversations.ge_s5 import S5Monitor
from edge_agent.simulator.conversations.greeted import Greeted, greeting
from edge_agent.simulator.conversations.intellivue import IntelliVue
from edge_agent.simulator.conversations.medibus import Evita
from edge_agent.simulator.conversations.nonin import FORMATS, Oximeter
from edge_agent.simulator.conversations.record_store import RecordStore
from edge_agent.simulator.conversations.talker import Talker
from firmware_bridges.bridge import Family
from firmware_bridges.families import FAMILIES

STORES = ("bluetooth_glucose_meter", "bluetooth_glucose_monitor", "bluetooth_pulse_oximeter_spot")
"""Families whose devices have a memory that is read through the Record Access Control Point."""

PARTICULAR: dict[str, Callable[[Measure], Conversation]] = {
    "ge_s5_dri": S5Monitor,
    "drager_medibus": Evita,
    "philips_intellivue": IntelliVue,
    **{name: partial(RecordStore, FAMILIES[name]) for name in STORES},
    **{family.name: partial(Oximeter, selectable=number) for number, family in FORMATS.items()},
}
"""Families whose devices obey commands of their own. The others talk unasked, or once they have been greeted."""


def begin(family: Family, measure: Measure) -> Conversation:
    """Return the device's end of a conversation as `family` has it. `measure` is asked for every sample it sends."""
    if family.name in PARTICULAR:
        return PARTICULAR[family.name](measure)
    return Greeted(family, measure) if greeting(family) else Talker(family, measure)
