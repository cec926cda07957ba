"""A virtual bedside device: a patient measured through a family's conversation, with the faults real devices have."""

from __future__ import annotations

from random import Random

import msgspec

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations import begin
from edge_agent.simulator.conversations.conversation import Frames
from edge_agent.simulator.patients import Measurable
from firmware_bridges.bridge import SERIAL, Family, Mode, Sample
from firmware_bridges.vitals import Reason

MILLISECOND = 1_000_000
"""Nanoseconds."""

SPOT_INTERVAL = 900 * SECOND
"""Patient time between two spot measurements: a cuff on a quarter of an hour."""


class Faults(msgspec.Struct):
    """What is wrong with a device now.

    `garble` is the share of bytes of a cable with one flipped bit, 0 to 1, and of Bluetooth values that are cut short:
    what is flipped on the air, the link layer drops.
    """

    conditions: frozenset[Reason] = frozenset()
    garble: float = 0.0
    stalled: bool = False


class VirtualDevice:
    """Plays one device of a family. Times are ns; `now` is the device's, `patient_ns` the faster patient's.

    Spot vitals are in the first frame, then in one frame per `SPOT_INTERVAL` of the patient's time; a device that has
    no other vitals sends no other frames. A stalled device hears, measures and says nothing.
    """

    def __init__(self, family: Family, patient: Measurable, seed: int, vitals: frozenset[str] = frozenset()) -> None:
        """Take a family, somebody to measure, the seed of the line's noise, and what it measures: empty for all."""
        self.family = family
        self.patient = patient
        self.faults = Faults()
        self.unit = 1
        self.conversation = begin(family, self._measure)
        self._modes = {m.vital: m.mode for m in family.measures if not vitals or m.vital in vitals}
        self._random = Random(seed)
        self._patient_ns = 0
        self._next_spot: int | None = None
        self._began: int | None = None

    def measure_now(self) -> None:
        """Take a spot measurement with the next frame, as when somebody presses the button."""
        self._next_spot = None

    def exchange(self) -> None:
        """Be another unit of the same kind, with a serial number or model of its own."""
        self.unit += 1
        self.conversation = begin(self.family, self._measure)

    def hear(self, channel: str, data: bytes, now: int) -> None:
        """Take what the host sent."""
        self.conversation.hear(channel, data, now)

    def unplugged(self) -> None:
        """Forget the conversation: the next host has to begin anew."""
        self.conversation.hung_up()

    def frames(self, now: int, patient_ns: int) -> Frames:
        """Return all that is sent by `now`, by channel; nothing while silent or stalled."""
        self._patient_ns = patient_ns
        said = self.conversation.say(now)
        if self.faults.stalled:
            return []
        return [(channel, self._garbled(channel, data)) for channel, data in said] if self.faults.garble else said

    def _measure(self, at: int) -> Sample | None:
        values = self._values()
        if not values and Mode.CONTINUOUS not in self._modes.values():
            return None
        if self._began is None:
            self._began = at
        return Sample(values, self.faults.conditions, (at - self._began) // MILLISECOND, self.unit)

    def _values(self) -> dict[str, int]:
        spot = self._next_spot is None or self._patient_ns >= self._next_spot
        if spot:
            self._next_spot = self._patient_ns + SPOT_INTERVAL
        sample = self.patient.sample(self._patient_ns)
        return {v: sample[v] for v, mode in self._modes.items() if v in sample and (spot or mode is Mode.CONTINUOUS)}

    def _garbled(self, channel: str, data: bytes) -> bytes:
        if channel != SERIAL:
            return data[: self._random.randrange(len(data))] if self._random.random() < self.faults.garble else data
        return bytes(
            byte ^ (1 << self._random.randrange(8)) if self._random.random() < self.faults.garble else byte
            for byte in data
        )
