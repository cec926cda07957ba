"""How the gateway itself does: what `health` says, put together from its parts."""

from __future__ import annotations

from edge_agent.domain.effects import DeviceReport
from edge_agent.domain.settings import SECOND
from edge_agent.gateway import process
from edge_agent.gateway.voice import Voice
from edge_agent.wire.parts import number
from edge_agent.wire.payloads.health import Health, LedgerLine, device_health


class Inspection:
    """Remembers the last health message, for rates."""

    def __init__(self, now: int) -> None:
        """Begin the run at `now` (ns)."""
        self._began = self._at = now
        self._cpu = process.cpu_s()
        self._devices: dict[str, DeviceReport] = {}

    def health(
        self,
        now: int,
        voice: Voice,
        *,
        queue_depth: int,
        buffer_hours_left: float | None,
        ledger: tuple[LedgerLine, ...],
    ) -> Health:
        """Return the health message of `now` (ns), with what `voice` knows of devices and profile."""
        elapsed = now - self._at
        cpu = process.cpu_s()
        percent = None if elapsed <= 0 else 100 * (cpu - self._cpu) * SECOND / elapsed
        body = Health(
            uptime_s=(now - self._began) // SECOND,
            profile=voice.profile,
            queue_depth=queue_depth,
            buffer_hours_left=number(buffer_hours_left, 1),
            cpu_percent=number(percent, 1),
            memory_bytes=process.memory_bytes(),
            bytes_written=process.bytes_written(),
            devices=tuple(
                device_health(report, self._devices.get(name), now, elapsed)
                for name, report in sorted(voice.devices.items())
            ),
            ledger=ledger,
        )
        self._at, self._cpu, self._devices = now, cpu, dict(voice.devices)
        return body
