"""What an advertised value looks like here: a small JSON message that the gateway makes of what a library read.

Adverts are read outside the core, because the libraries that know them have clocks, logs and keys. What they found
comes in as text, exact and complete, so that it is recorded and replayed without them and without any key.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from firmware_bridges.framing import FrameError

ADVERT = "advert"
"""The one channel of a device that is only listened to."""


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value as the library gave it: a decimal number as text, and its unit."""

    number: str
    unit: str = ""

    def decimal(self) -> Decimal:
        """Return the number. FrameError("number") if it is none, or not finite."""
        try:
            number = Decimal(self.number)
        except InvalidOperation as error:
            raise FrameError("number") from error
        if not number.is_finite():
            raise FrameError("number")
        return number


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One advert. `format` is who defined it: bthome, xiaomi or inkbird; `values` by the library's names.

    `id` stands for the bytes that were sent: two adverts of one id are one measurement. `locked`: encrypted, and not to
    be read for want of the right key.
    """

    format: str
    id: str
    maker: str = ""
    model: str = ""
    values: dict[str, Value] = {}
    locked: bool = False


def parse_message(data: bytes) -> Message:
    """Take a message apart. FrameError("message") if it is none."""
    try:
        return msgspec.json.decode(data, type=Message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("message") from error
