"""A bed on a bench, in virtual time: a virtual device, its cable without a terminal, and the real ward behind it."""

from __future__ import annotations

from edge_agent.domain.effects import DeviceReport, LinkReport, LinkState, SendToDevice, StreamView
from edge_agent.domain.inputs import LinkClosed, LinkConnecting, LinkData, LinkOpened, Wake
from edge_agent.domain.settings import SECOND
from edge_agent.simulator.conversations.conversation import Frames
from edge_agent.simulator.devices import VirtualDevice
from edge_agent.simulator.patients import Measurable
from edge_agent.simulator.scenario import Act, perform
from firmware_bridges.bridge import Family, Mode
from firmware_bridges.vitals import Validity
from tests.bedside.harness import Bench, settings

STEP = SECOND // 20


class Bedside:
    """Device and ward. `patient_ns` is the patient's time, which passes only when it is set."""

    def __init__(self, family: Family, patient: Measurable) -> None:
        continuous = any(measure.mode is Mode.CONTINUOUS for measure in family.measures)
        self.bench = Bench(settings("link1", family=family.name, required=("spo2",) if continuous else ()))
        self.device = VirtualDevice(family, patient, seed=1)
        self.patient_ns = 0
        self.seen: list[StreamView] = []
        self._plugged = True
        self._taken = 0
        self._obey()

    @property
    def plugged(self) -> bool:
        """Tell whether the cable is in."""
        return self._plugged

    def plug(self) -> None:
        """Put the cable in, as a serial link would notice it."""
        if not self._plugged:
            self._plugged = True
            self.bench.give(LinkConnecting("link1", self.bench.now))
            self.bench.give(LinkOpened("link1", self.bench.now))
            self._obey()

    def unplug(self) -> None:
        """Pull it."""
        if self._plugged:
            self._plugged = False
            self.device.unplugged()
            self.bench.give(LinkClosed("link1", "unplugged", self.bench.now))

    def heard(self) -> Frames:
        """Hear nothing: what the ward sends is handed over as it comes."""
        return []

    def say(self, frames: Frames) -> None:
        """Let frames arrive."""
        for channel, data in frames:
            self.bench.give(LinkData("link1", channel, data, self.bench.now))
            self._obey()

    def act(self, act: Act) -> None:
        """Do something to the device."""
        perform(act, self.device, self)

    def run(self, seconds: float) -> None:
        """Let time pass for device and ward."""
        end = self.bench.now + int(seconds * SECOND)
        while self.bench.now < end:
            if self._plugged:
                self.say(self.device.frames(self.bench.now, self.patient_ns))
            due = self.bench.ward.next_deadline()
            if due is not None and due <= self.bench.now:
                self.bench.give(Wake())
                self._obey()
            self.bench.now += STEP

    def live(self, since: int = 0) -> dict[str, set[int]]:
        """Return every value that was shown as live from `since` on, by vital."""
        shown: dict[str, set[int]] = {}
        for report in self.bench.vitals():
            for stream in report.streams:
                if report.at >= since and stream.validity is Validity.VALID and stream.value is not None:
                    shown.setdefault(stream.vital, set()).add(stream.value)
        return shown

    def link(self) -> LinkState:
        """Return the link's last reported state."""
        return [effect for effect in self.bench.effects if isinstance(effect, LinkReport)][-1].state

    def reports(self) -> list[DeviceReport]:
        """Return what was reported of the device itself."""
        return [effect for effect in self.bench.effects if isinstance(effect, DeviceReport)]

    def _obey(self) -> None:
        effects = self.bench.effects
        while self._taken < len(effects):
            effect = effects[self._taken]
            self._taken += 1
            if isinstance(effect, SendToDevice):
                self.device.hear(effect.channel, effect.data, self.bench.now)
