"""Whether the device at the end of a line is the one that the ward meant to be there.

What is expected is compared with what the host sees of the port or peripheral, and with what the device says of
itself. Until all that is expected has been shown, nothing the device measures counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import msgspec

from edge_agent.domain.inputs import Attached
from edge_agent.domain.settings import SECOND, Device, Expected
from firmware_bridges.bridge import Strength
from firmware_bridges.vitals import Identity

DOUBT = 3 * SECOND
"""How long a device behind a weak frame check must contradict before it is the wrong one: one garbled frame may lie."""


class Proof(str, Enum):
    """How far a device has shown to be the expected one. Only what an `AGREED` one measures counts."""

    AGREED = "agreed"
    UNPROVEN = "unproven"
    CONTRADICTED = "contradicted"


class Shown(msgspec.Struct):
    """What one device has shown since its link opened. `contradicted_at` is when it first contradicted, in ns.

    `hung_up`: we have.
    """

    attached: Attached = Attached()
    model: str = ""
    serial: str = ""
    contradicted_at: int | None = None
    hung_up: bool = False

    def told(self, identity: Identity) -> None:
        """Keep what the device says it is."""
        self.model = identity.model or self.model
        self.serial = identity.serial or self.serial

    def proof(self, device: Device, at: int) -> Proof:
        """Compare with what `device` is expected to be."""
        if next(contradictions(device, self), None) is not None:
            self.contradicted_at = at if self.contradicted_at is None else self.contradicted_at
            return Proof.CONTRADICTED
        self.contradicted_at = None
        expected = device.expected or Expected()
        silent = (expected.model and not self.model) or (expected.serial and not self.serial)
        return Proof.UNPROVEN if silent else Proof.AGREED

    def certain(self, strength: Strength, now: int) -> bool:
        """Tell whether a contradiction is more than a garbled frame might be."""
        if self.contradicted_at is None:
            return False
        return strength is Strength.STRONG or now >= self.contradicted_at + DOUBT


def contradictions(device: Device, shown: Shown) -> Iterator[str]:
    """Yield every way in which what is shown differs from what is expected, in words."""
    expected, attached = device.expected or Expected(), shown.attached
    if attached.address and not _same(attached.address, device.address):
        yield f"expected address {device.address}, found {attached.address}"
    if expected.usb_serial and not _same(expected.usb_serial, attached.usb_serial):
        yield f"expected USB serial number {expected.usb_serial}, found {attached.usb_serial or 'none'}"
    if expected.by_id and expected.by_id not in attached.by_id:
        yield f"expected {expected.by_id}, found {', '.join(attached.by_id) or 'no name in /dev/serial/by-id'}"
    for what in ("model", "serial"):
        wanted, said = getattr(expected, what), getattr(shown, what)
        if wanted and said and not _same(wanted, said):
            yield f"expected {what} {wanted}, found {said}"


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
