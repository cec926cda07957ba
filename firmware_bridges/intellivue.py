"""Messages of the Philips IntelliVue Data Export Protocol: serial frames, association, poll, results. Big-endian.

On the MIB/RS-232 port a message is framed between C0 and C1 with a header and a CRC-16/X-25; C0, C1 and 7D inside are
sent as 7D and the byte with bit 5 turned. Association is by the literal messages of the vendor's guide; after it every
message is a remote operation: an event report or an action invoked, and its result, whole or in linked parts.

Source: Philips Data Export Interface Programming Guide, as independent public programs proven on monitors read it;
devices.md section 2.9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from crccheck.crc import Crc16X25

from firmware_bridges.framing import FrameError
from firmware_bridges.ieee11073 import Number, float32

BEGIN, END, ESCAPE, TURNED = 0xC0, 0xC1, 0x7D, 0x20
"""Bytes that frame and escape."""

LONGEST = 1500
"""Bytes of the longest frame taken: a message of `MTU` bytes, its header and check, and escapes for every third."""

MTU = 1000
"""Bytes of a message asked for, the most that the monitor may send in one."""

SINGLE_POLL, EXTENDED_POLL, MDS_CREATE = 0x0C16, 0xF13B, 0x0D06
NUMERICS = 6
"""Code, in the partition of objects, of the objects polled."""

NUMERIC, COMPOUND_NUMERIC, TIME_STAMP = 0x0950, 0x094B, 0x0990
"""Attributes of an object."""

_HEADER = b"\x11\x01"
_SESSION_HEADER = b"\xe1\x00\x00\x02"
_OPERATION = struct.Struct(">HHHHH")
_LINKED = struct.Struct(">HHBBHHH")
_OBJECT = struct.Struct(">HHHHH")
_POLL = struct.Struct(">HHHH")
_REPLY = struct.Struct(">HI8sHHH")
_LIST = struct.Struct(">HH")
_VALUE = struct.Struct(">HHHI")
_MANTISSA = 0xFFFFFF
_SPECIAL = frozenset({0x7FFFFF, 0x800000, 0x7FFFFE, 0x800002, 0x800001})
_EVENTS = (0, 1)
_OPERATION_AT = 8
_MDS = 0x0021
_OBJECTS = 1


class Session(IntEnum):
    """First byte of a message outside the data phase."""

    RELEASE_REQUEST = 0x09
    RELEASE_RESPONSE = 0x0A
    REFUSE = 0x0C
    ASSOCIATION_REQUEST = 0x0D
    ASSOCIATION_RESPONSE = 0x0E
    ABORT = 0x19


class Kind(IntEnum):
    """Types of remote operation."""

    INVOKE = 1
    RESULT = 2
    ERROR = 3
    LINKED_RESULT = 5


class Operation(NamedTuple):
    """A remote operation.

    `managed` is the object it is for, with the time of an event or the scope of an action, which results of actions
    lack; `action` the event or action it is about, 0 for an error; `body` what follows.
    """

    kind: int
    invoke: int
    command: int
    managed: bytes
    action: int
    body: bytes


class Value(NamedTuple):
    """A numeric observed value: physiological id, state bits, unit code, number."""

    physio: int
    state: int
    unit: int
    number: Number


class Observed(NamedTuple):
    """One polled object: its values, and the monitor's stamp of them (8 BCD digits pairs), b"" without one."""

    values: tuple[Value, ...]
    stamp: bytes


class Reply(NamedTuple):
    """A reply to a poll, or a linked part of one: the monitor's time (BCD) and the objects."""

    time: bytes
    objects: tuple[Observed, ...]


def frame(message: bytes) -> bytes:
    """Return a message as sent on the serial port."""
    return frame_bytes(_HEADER + len(message).to_bytes(2, "big") + message)


def frame_bytes(content: bytes) -> bytes:
    """Return header and message with their check, escaped, between C0 and C1."""
    inner = content + int(Crc16X25.calc(content)).to_bytes(2, "little")
    special = (BEGIN, END, ESCAPE)
    escaped = b"".join(bytes((ESCAPE, byte ^ TURNED)) if byte in special else bytes((byte,)) for byte in inner)
    return bytes((BEGIN,)) + escaped + bytes((END,))


def unframe_bytes(data: bytes) -> bytes:
    """Return header and message of a frame. FrameError: "no-frame", "escape" or "fcs"."""
    if len(data) < 4 or data[0] != BEGIN or data[-1] != END:  # noqa: PLR2004 - two flags and the check
        raise FrameError("no-frame")
    first, *rest = data[1:-1].split(bytes((ESCAPE,)))
    if any(not part for part in rest):
        raise FrameError("escape")
    plain = first + b"".join(bytes((part[0] ^ TURNED,)) + part[1:] for part in rest)
    content, check = plain[:-2], plain[-2:]
    if int(Crc16X25.calc(content)).to_bytes(2, "little") != check:
        raise FrameError("fcs")
    return content


def unframe(data: bytes) -> bytes:
    """Return the message in a frame; FrameError("header") if it is no data export or not as long as it says."""
    content = unframe_bytes(data)
    if content[:2] != _HEADER or len(content) < 5 or int.from_bytes(content[2:4], "big") != len(content) - 4:  # noqa: PLR2004 - header of 4
        raise FrameError("header")
    return content[4:]


def cut_frame(buffer: bytes, start: int) -> int:
    """Cut what lies between C0 and C1, whose check is still to be proven: the `Cut` of the MIB port."""
    if buffer[start] != BEGIN:
        begin = buffer.find(BEGIN, start)
        return start - (begin if begin >= 0 else len(buffer))
    end = buffer.find(END, start, start + LONGEST)
    again = buffer.find(BEGIN, start + 1, end if end >= 0 else start + LONGEST)
    if again >= 0:
        return start - again
    if end < 0:
        return -LONGEST if len(buffer) - start >= LONGEST else 0
    return end + 1 - start


def parse_operation(message: bytes) -> Operation:
    """Take a message of the data phase apart. FrameError: "session" if it is none, "truncated", "length"."""
    if not message.startswith(_SESSION_HEADER):
        raise FrameError("session")
    try:
        kind = int.from_bytes(message[4:6], "big")
        if kind == Kind.LINKED_RESULT:
            kind, length, _, _, invoke, command, _ = _LINKED.unpack_from(message, 4)
            start = 4 + _LINKED.size
        else:
            kind, length, invoke, command, _ = _OPERATION.unpack_from(message, 4)
            start = 4 + _OPERATION.size
    except struct.error as error:
        raise FrameError("truncated") from error
    if length != len(message) - _OPERATION_AT:
        raise FrameError("length")
    body = message[start:]
    if kind == Kind.ERROR:
        return Operation(kind, invoke, command, b"", 0, body)
    skipped = 4 if kind == Kind.INVOKE or command in _EVENTS else 0
    action = int.from_bytes(body[6 + skipped : 8 + skipped], "big")
    return Operation(kind, invoke, command, body[: 6 + skipped], action, body[10 + skipped :])


def association_request(period: int) -> bytes:
    """Return the message that asks for an association with polls not closer than `period` ms."""
    profile = struct.pack(">IIIIII", 1 << 31, period * 8, MTU, MTU, 0xFFFFFFFF, 3 << 29)
    extended = struct.pack(">HHHHIHH", 1, 12, 0xF001, 8, 0x8C000000, 0, 0)
    profile_attribute = struct.pack(">HHHH", 1, 44, 1, 40) + profile + extended
    user = struct.pack(">IIIIIHH", 1 << 31, 1 << 30, 0, 1 << 31, 1 << 29, 0, 0) + profile_attribute
    presentation = _PRESENTATION + bytes((len(user),)) + user + bytes(16)
    content = _CONNECT + bytes((0xC1, len(presentation))) + presentation
    return bytes((Session.ASSOCIATION_REQUEST, len(content))) + content


_CONNECT = bytes.fromhex("0508130100160102800014020002")
_PRESENTATION = bytes.fromhex(
    "3180a0808001010000a280a003000001a480308002010106045201000130800602510100000000308002"
    "0102060c2a8648ce14020100000001013080060c2a8648ce14020100000002010000000000006180308002"
    "0101a0806080a180060c2a8648ce14020100000003010000be802880060c2a8648ce140201000000010102010281"
)

RELEASE_REQUEST = bytes.fromhex("0918c11661803080020101a08062808001000000000000000000")


def poll_request(invoke: int, number: int) -> bytes:
    """Return the message that asks once for all attributes of all numerics."""
    return _invoke(invoke, SINGLE_POLL, _POLL.pack(number, _OBJECTS, NUMERICS, 0))


def extended_poll_request(invoke: int, number: int) -> bytes:
    """Return the message that asks for numerics as a stream; not sent by us, known for what others send."""
    return _invoke(invoke, EXTENDED_POLL, _POLL.pack(number, _OBJECTS, NUMERICS, 0) + bytes(4))


def _invoke(invoke: int, action: int, body: bytes) -> bytes:
    content = struct.pack(">HHHIHH", _MDS, 0, 0, 0, action, len(body)) + body
    operation = struct.pack(">HHH", invoke, 7, len(content)) + content
    return _SESSION_HEADER + struct.pack(">HH", Kind.INVOKE, len(operation)) + operation


def create_result(event: Operation) -> bytes:
    """Return the answer to the monitor's report that the connection's object was created."""
    content = event.managed + struct.pack(">HH", MDS_CREATE, 0)
    operation = struct.pack(">HHH", event.invoke, event.command, len(content)) + content
    return _SESSION_HEADER + struct.pack(">HH", Kind.RESULT, len(operation)) + operation


def parse_reply(operation: Operation) -> Reply:
    """Take the result of a poll apart. FrameError("truncated") if it promises more than there is."""
    extended = 2 if operation.action == EXTENDED_POLL else 0
    body = operation.body[:2] + operation.body[2 + extended :]
    try:
        _, _, time, _, _, _ = _REPLY.unpack_from(body)
        objects = tuple(
            _observed(attributes) for _, polled in _items(body[_REPLY.size :]) for _, attributes in _items(polled)
        )
    except struct.error as error:
        raise FrameError("truncated") from error
    return Reply(time, objects)


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (id, list) of a list of contexts or of objects; a list is kept with its count and length."""
    count, length = _LIST.unpack_from(data)
    if length > len(data) - _LIST.size:
        raise FrameError("truncated")
    start = _LIST.size
    for _ in range(count):
        identifier, _, size = struct.unpack_from(">HHH", data, start)
        end = start + 6 + size
        yield identifier, data[start + 2 : end]
        start = end


def _observed(data: bytes) -> Observed:
    count, length = _LIST.unpack_from(data)
    if length > len(data) - _LIST.size:
        raise FrameError("truncated")
    values: list[Value] = []
    stamp, start = b"", _LIST.size
    for _ in range(count):
        identifier, size = _LIST.unpack_from(data, start)
        value = data[start + _LIST.size : start + _LIST.size + size]
        start += _LIST.size + size
        if identifier == NUMERIC:
            values.append(parse_value(value))
        elif identifier == COMPOUND_NUMERIC:
            values += [parse_value(value[at : at + _VALUE.size]) for at in range(_LIST.size, len(value), _VALUE.size)]
        elif identifier == TIME_STAMP:
            stamp = value
    return Observed(tuple(values), stamp)


def parse_value(data: bytes) -> Value:
    """Take one observed value apart; struct.error if it is too short."""
    physio, state, unit, raw = _VALUE.unpack_from(data)
    return Value(physio, state, unit, parse_float(raw))


def parse_float(raw: int) -> Number:
    """Return a FLOAT: a special mantissa is no number whatever its exponent."""
    return float32(raw & _MANTISSA if raw & _MANTISSA in _SPECIAL else raw)


def pack_objects(objects: tuple[tuple[int, tuple[tuple[int, bytes], ...]], ...], time: bytes) -> bytes:
    """Return the message by which a monitor answers a single poll with `objects` of (handle, attributes)."""
    polled = b""
    for handle, attributes in objects:
        packed = b"".join(struct.pack(">HH", which, len(value)) + value for which, value in attributes)
        polled += struct.pack(">HHH", handle, len(attributes), len(packed)) + packed
    context = struct.pack(">HHH", 0, len(objects), len(polled)) + polled
    body = _REPLY.pack(1, 0, time, _OBJECTS, NUMERICS, 0) + _LIST.pack(1, len(context)) + context
    content = _OBJECT.pack(_MDS, 0, 0, SINGLE_POLL, len(body)) + body
    operation = struct.pack(">HHH", 0, 7, len(content)) + content
    return _SESSION_HEADER + struct.pack(">HH", Kind.RESULT, len(operation)) + operation
