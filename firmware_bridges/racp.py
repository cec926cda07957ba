"""The Record Access Control Point (0x2A52): how a Bluetooth device is asked for what it has in its memory.

Commands and replies as bytes; the conversation is in `record_store`. There is no function for the command that
deletes records (op code 2): what a device remembers is the patient's, and a gateway that misread it can read it again.

Source: Glucose Service 1.0.1, Continuous Glucose Monitoring Service 1.0.2 and Pulse Oximeter Service 1.0.1, Record
Access Control Point; GATT Specification Supplement.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import Fields, uuid

CONTROL = uuid(0x2A52)
"""The channel of commands, which are written, and of replies, which are indicated."""

LAST_NUMBER = 0xFFFF
"""Records are numbered with 16 bits."""


class Op(IntEnum):
    """What a command asks for or a reply is. The op code that deletes is missing on purpose."""

    REPORT = 1
    ABORT = 3
    COUNT = 4
    COUNTED = 5
    RESPONSE = 6


class Code(IntEnum):
    """How a command ended."""

    SUCCESS = 1
    OP_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS = 6
    ABORT_FAILED = 7
    NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9


_NONE, _ALL, _AT_LEAST, _NEWEST = 0, 1, 3, 6
_BY_NUMBER = 1


class Response(msgspec.Struct, frozen=True):
    """The end of the command with op code `request`. `code` is a `Code`, or a number that none of us knows."""

    request: int
    code: int


class Counted(msgspec.Struct, frozen=True):
    """How many records the device has, of those that were asked for."""

    count: int


def report_all() -> bytes:
    """Return the command to report every record."""
    return bytes((Op.REPORT, _ALL))


def report_newest() -> bytes:
    """Return the command to report the record with the highest number."""
    return bytes((Op.REPORT, _NEWEST))


def report_from(first: int) -> bytes:
    """Return the command to report the records numbered `first` and higher; ValueError unless 0 to `LAST_NUMBER`."""
    if not 0 <= first <= LAST_NUMBER:
        raise ValueError(f"no record has the number {first}")
    return bytes((Op.REPORT, _AT_LEAST, _BY_NUMBER)) + first.to_bytes(2, "little")


def parse_reply(data: bytes) -> Response | Counted:
    """Take apart what a device indicates; FrameError if it is no reply."""
    fields = Fields(data)
    op, operator = fields.unsigned(1), fields.unsigned(1)
    if operator != _NONE:
        raise FrameError("operator")
    if op == Op.RESPONSE:
        return Response(fields.unsigned(1), fields.unsigned(1))
    if op == Op.COUNTED:
        return Counted(fields.unsigned(4 if fields.left() >= 4 else 2))  # noqa: PLR2004 - some meters count in 32 bits
    raise FrameError("op-code")
