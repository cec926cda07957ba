"""A virtual bedside device: a patient measured through a family's encoder, with the faults real devices have."""

from __future__ import annotations

from random import Random

import msgspec

from edge_agent.domain.settings import SECOND
from edge_agent.simulator.patients import Measurable
from firmware_bridges.bridge import SERIAL, Bridge, Family, Mode, Sample
from firmware_bridges.vitals import Reason, Send

MILLISECOND = 1_000_000
"""Nanoseconds."""

PATIENCE = 2
"""A device stops when its host has been silent for so many of the host's keep-alive intervals."""

SPOT_INTERVAL = 900 * SECOND
"""Patient time between two spot measurements: a cuff on a quarter of an hour."""

MOST_FRAMES = 200
"""Frames sent at once after a pause; what is older was never sent."""


class Faults(msgspec.Struct):
    """What is wrong with a device now. `garble` is the share of bytes with one flipped bit, 0 to 1."""

    conditions: frozenset[Reason] = frozenset()
    garble: float = 0.0
    stalled: bool = False


class VirtualDevice:
    """Plays one device of a serial family. Times are ns; `now` is the device's, `patient_ns` the faster patient's.

    A family whose bridge greets its device is silent until the whole greeting came, and stops when nothing more is
    heard, unless the bridge only speaks to a silent device: both are learnt from the bridge, so a new family needs
    nothing here. Spot vitals are in the first frame, then in one frame per `SPOT_INTERVAL` of the patient's time.
    """

    def __init__(self, family: Family, patient: Measurable, seed: int, vitals: frozenset[str] = frozenset()) -> None:
        """Take a family, somebody to measure, the seed of the line's noise, and what it measures: empty for all."""
        bridge = family.bridge()
        self._modes = {m.vital: m.mode for m in family.measures if not vitals or m.vital in vitals}
        self._next_spot: int | None = None
        self.family = family
        self.patient = patient
        self.faults = Faults()
        self._random = Random(seed)
        self._encoder = family.encoder()
        self._greeting = b"".join(event.data for event in bridge.opened(0) if isinstance(event, Send))
        self._silence = _keep_alive(family, bridge) * PATIENCE
        self._heard = b""
        self._heard_at = 0
        self._streams = not self._greeting
        self._next: int | None = None
        self._began: int | None = None

    def measure_now(self) -> None:
        """Take a spot measurement with the next frame, as when somebody presses the button."""
        self._next_spot = None

    @property
    def kept_alive(self) -> bool:
        """Tell whether the device stops when its host falls silent."""
        return bool(self._greeting and self._silence)

    @property
    def streams(self) -> bool:
        """Tell whether the device has been asked to send, if it needs to be asked."""
        return self._streams

    def hear(self, data: bytes, now: int) -> None:
        """Take what the host sent; the greeting starts the stream."""
        if not data:
            return
        self._heard_at = now
        self._heard = (self._heard + data)[-2 * len(self._greeting) - len(data) :]
        if self._greeting and self._greeting in self._heard:
            self._streams, self._heard = True, b""

    def unplugged(self) -> None:
        """Forget the conversation: the next host has to ask again."""
        self._heard, self._streams, self._next = b"", not self._greeting, None

    def frames(self, now: int, patient_ns: int) -> bytes:
        """Return the bytes of all frames due by `now`; b"" while silent or stalled."""
        if not self._talks(now):
            self._next = None
            return b""
        if self._next is None:
            self._next = now
        self._next = max(self._next, now - MOST_FRAMES * self.family.period)
        sent = b""
        while self._next <= now:
            sent += self._frame(self._next, patient_ns)
            self._next += self.family.period
        return self._garbled(sent)

    def _talks(self, now: int) -> bool:
        if self._greeting and self._silence and now - self._heard_at > self._silence:
            self._streams = False
        return self._streams and not self.faults.stalled

    def _frame(self, at: int, patient_ns: int) -> bytes:
        if self._began is None:
            self._began = at
        sample = Sample(self._measured(patient_ns), self.faults.conditions, (at - self._began) // MILLISECOND)
        return b"".join(data for channel, data in self._encoder.encode(sample) if channel == SERIAL)

    def _measured(self, patient_ns: int) -> dict[str, int]:
        spot = self._next_spot is None or patient_ns >= self._next_spot
        if spot:
            self._next_spot = patient_ns + SPOT_INTERVAL
        sample = self.patient.sample(patient_ns)
        return {v: sample[v] for v, mode in self._modes.items() if v in sample and (spot or mode is Mode.CONTINUOUS)}

    def _garbled(self, data: bytes) -> bytes:
        if not self.faults.garble:
            return data
        return bytes(
            byte ^ (1 << self._random.randrange(8)) if self._random.random() < self.faults.garble else byte
            for byte in data
        )


def _keep_alive(family: Family, bridge: Bridge) -> int:
    """Return how often a greeted device hears from its host, in ns; 0 if not at all for as long as it talks."""
    due = bridge.next_deadline()
    for _, data in family.encoder().encode(Sample({measure.vital: 1 for measure in family.measures})):
        bridge.receive(SERIAL, data, 1)
    return due if due is not None and due == bridge.next_deadline() else 0
