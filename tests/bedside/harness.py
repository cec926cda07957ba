"""A ward on a bench: devices speak through their real encoders and bridges, time is a number, every effect is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from edge_agent.bedside.ward import Ward
from edge_agent.domain.alerts import Alert, Phase
from edge_agent.domain.effects import (
    AlertChanged,
    AlertsSnapshot,
    Effect,
    RequestTaken,
    ScoreReport,
    StreamView,
    VitalsReport,
)
from edge_agent.domain.inputs import (
    GatewayFact,
    Input,
    LinkClosed,
    LinkConnecting,
    LinkData,
    LinkOpened,
    Observation,
    SettingsApplied,
    Started,
    Wake,
)
from edge_agent.domain.settings import SECOND, Bed, Device, WardSettings
from firmware_bridges.bridge import SERIAL, Encoder, Sample
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import Reason

RUN = str(UUID(int=1))
START = 1000 * SECOND


def settings(
    *devices: str,
    required: tuple[str, ...] = ("spo2",),
    family: str = "sensor_link",
    **ward: Any,  # noqa: ANN401 - any field of the settings
) -> WardSettings:
    """Return a ward with bed 1 and the given devices of one family at it."""
    made = tuple(Device(id=name, bed="1", family=family, port=f"/dev/{name}") for name in devices or ("link1",))
    bed = Bed(id="1", required=required)
    return WardSettings(**{"beds": (bed,), "devices": made, "news2_delay_s": 0, **ward})


class Bench:
    """Drives one ward. `lag` ns are added to every wake, as a busy loop would."""

    def __init__(self, ward: WardSettings | None = None, *, start: int = START, lag: int = 0) -> None:
        self.ward, self.now, self.lag = Ward(), start, lag
        self.effects: list[Effect] = []
        self.settings = ward or settings()
        self.encoders: dict[str, Encoder] = {}
        self.give(Started(RUN, "boot"))
        self.give(SettingsApplied(self.settings))
        for device in self.settings.devices:
            self.encoders[device.id] = FAMILIES[device.family].encoder()
            self.give(LinkConnecting(device.id, self.now))
            self.give(LinkOpened(device.id, self.now))

    def give(self, given: Input) -> list[Effect]:
        """Hand one input to the ward now; return its effects."""
        effects = self.ward.handle(given, self.now)
        self.effects += effects
        return effects

    def run_to(self, end: int) -> None:
        """Let time pass, waking the ward whenever it asks to be woken. It never asks for what has been done."""
        while (due := self.ward.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due + self.lag)
            self.give(Wake())
            later = self.ward.next_deadline()
            assert later is None or later > self.now, "woken in vain: the agent would spin"
        self.now = max(self.now, end)

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.run_to(self.now + int(seconds * SECOND))

    def say(
        self, values: dict[str, int], device: str = "link1", conditions: frozenset[Reason] = frozenset()
    ) -> list[Effect]:
        """Let a device send one sample now."""
        sample = Sample(values=values, conditions=conditions)
        return [
            effect
            for channel, data in self.encoders[device].encode(sample)
            for effect in self.give(LinkData(device, channel, self.carry(data), self.now))
        ]

    def carry(self, data: bytes) -> bytes:
        """Bring bytes from the device to the host; here they are simply there."""
        return data

    def send(self, data: bytes, device: str = "link1") -> list[Effect]:
        """Let raw bytes arrive now."""
        return self.give(LinkData(device, SERIAL, data, self.now))

    def feed(self, seconds: int, values: dict[str, int], device: str = "link1", hz: int = 1) -> None:
        """Let a device say the same for `seconds`."""
        for _ in range(seconds * hz):
            self.say(values, device)
            self.wait(1 / hz)

    def unplug(self, device: str = "link1", reason: str = "unplugged") -> None:
        """Pull the device's cable."""
        self.give(LinkClosed(device, reason, self.now))

    def plug(self, device: str = "link1") -> None:
        """Put it back."""
        self.give(LinkConnecting(device, self.now))
        self.give(LinkOpened(device, self.now))

    def observe(self, *, age_s: int = 0, person: str = "nurse7", **seen: Any) -> tuple[str, ...]:  # noqa: ANN401 - any field
        """Let a person observe something; return the objections."""
        made = Observation(
            bed="1",
            person=person,
            request="r",
            received_at=self.now,
            observed_at=self.now - age_s * SECOND,
            **seen,
        )
        return next(e.errors for e in self.give(made) if isinstance(e, RequestTaken))

    def fact(self, code: str, *, present: bool, devices: tuple[str, ...] = ()) -> None:
        """Report something about the gateway."""
        self.give(GatewayFact(code, present, "test", self.now, devices))

    def restart(self, ward: WardSettings | None = None) -> None:
        """Kill the agent and start it anew from its last snapshot."""
        data = self.ward.snapshot()
        self.ward = Ward()
        self.ward.restore(data)
        self.give(Started(str(UUID(int=UUID(RUN).int + 1)), "boot", restored=True))
        self.give(SettingsApplied(ward or self.settings))

    def reboot(self, off_for: int | None, uptime: int = 30 * SECOND) -> None:
        """Boot the gateway anew: `uptime` ns ago, after `off_for` ns; None: nobody knows for how long it was off."""
        data = self.ward.snapshot()
        self.ward, self.now = Ward(), uptime
        self.ward.restore(data)
        self.ward.rebase(self.now, off_for)
        self.give(Started(str(UUID(int=9)), "another boot", restored=True))
        self.give(SettingsApplied(self.settings))

    def alerts(self, condition: str = "") -> list[Alert]:
        """Return every alert event so far, of one condition or of all."""
        events = [effect.alert for effect in self.effects if isinstance(effect, AlertChanged)]
        return [alert for alert in events if condition in ("", alert.condition)]

    def phases(self, condition: str) -> list[str]:
        """Return the phases of one condition's events so far."""
        return [alert.phase.value for alert in self.alerts(condition)]

    def present(self, condition: str) -> Alert | None:
        """Return the condition's alert if it is present now."""
        events = self.alerts(condition)
        return events[-1] if events and events[-1].phase not in (Phase.END, Phase.RESET) else None

    def vitals(self) -> list[VitalsReport]:
        """Return all telemetry so far."""
        return [effect for effect in self.effects if isinstance(effect, VitalsReport)]

    def shown(self, vital: str, device: str = "link1") -> StreamView:
        """Return one stream as telemetry shows it now."""
        return next(s for s in self.vitals()[-1].streams if (s.vital, s.device) == (vital, device))

    def score(self) -> ScoreReport:
        """Return the last score."""
        return [effect for effect in self.effects if isinstance(effect, ScoreReport)][-1]

    def snapshots(self, bed: str = "1") -> list[AlertsSnapshot]:
        """Return the snapshots of one bed so far."""
        return [effect for effect in self.effects if isinstance(effect, AlertsSnapshot) and effect.bed == bed]
