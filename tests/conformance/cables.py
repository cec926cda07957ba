"""What our parsers say of the cases of Nonin, Masimo and Nellcor oximeters and of Ivy monitors on a serial line."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from firmware_bridges import nonin, nonin_packet
from firmware_bridges.decoding import decode
from firmware_bridges.families import (
    ivy_450c_ansarb,
    masimo_ascii1,
    nellcor_ascii,
    nonin_df2,
    nonin_df7,
    nonin_df8,
    nonin_df13,
)
from firmware_bridges.framing import FrameError, Stream
from firmware_bridges.vitals import Reading, Validity
from tests.conformance.cases import Case

STATUS_FLAGS = {
    nonin_packet.DISCONNECTED: "sensor_disconnect",
    nonin_packet.ARTIFACT: "artifact",
    nonin_packet.OUT_OF_TRACK: "out_of_track",
    nonin_packet.ALARM: "sensor_alarm",
}
PULSES = {nonin_packet.RED: "red", nonin_packet.GREEN: "green", nonin_packet.YELLOW: "yellow"}
ALARM_BITS = {
    0x1: "spo2_high",
    0x2: "spo2_low",
    0x4: "pr_high",
    0x8: "pr_low",
    0x10: "alarm_active",
    0x20: "alarm_silenced",
    0x40: "low_battery",
    0x100: "spco_high",
    0x200: "spco_low",
    0x400: "spmet_high",
    0x800: "spmet_low",
    0x1000: "desat",
    0x2000: "pi_delta",
}


def nonin_df2_frames(case: Case) -> Mapping[str, object]:
    """One frame is its status byte; several are a packet, or frames of which the case says where they go wrong."""
    layout = nonin_df2.LAYOUT
    frames = [case.data[at : at + 5] for at in range(0, len(case.data), 5)]
    faults = [nonin_packet.fault(frame, layout) if len(frame) == 5 else "length" for frame in frames]
    wrong = next((number for number, why in enumerate(faults) if why), None)
    if wrong is not None:
        why = _as_said(case, faults[wrong])
        return {"frames_ok": wrong, "error": why, "error_at_frame": wrong + 1}
    return _packet(case, nonin_df2.FAMILY.name) if len(frames) > 1 else _status(case.data[layout.status])


def _as_said(case: Case, why: str) -> str:
    """Return the case's own words for what is wrong if they name the same thing, else ours."""
    said = case.expected.get("error")
    key = "sum" if why == "checksum" else why.split(maxsplit=1)[0]
    if said is True:
        raise FrameError(why)
    return said if isinstance(said, str) and key in said.lower() else why


def _status(status: int) -> Mapping[str, object]:
    said = [name for bit, name in STATUS_FLAGS.items() if status & bit]
    pulse = PULSES.get(status & nonin_packet.YELLOW)
    return {
        "status_flag": ",".join([*said, *([f"perfusion={pulse}"] if pulse else [])]) or "none",
        "sync": bool(status & nonin_packet.SYNC),
    }


def nonin_df7_packet(case: Case) -> Mapping[str, object]:
    return _packet(case, nonin_df7.FAMILY.name)


def _packet(case: Case, name: str) -> Mapping[str, object]:
    """Return a packet's fields; what the family's bridge calls valid must be its recording values."""
    module = nonin_df2 if name == nonin_df2.FAMILY.name else nonin_df7
    packet = nonin_packet.parse_packet(case.data, module.LAYOUT)
    for each in decode(module.FAMILY, case.data):
        if isinstance(each, Reading) and each.validity is Validity.VALID:
            assert each.value == {"spo2": packet.spo2, "pulse_rate": packet.hr}[each.vital]
    pleth = list(packet.pleth)
    return {
        **msgspec.structs.asdict(packet),
        "frames": len(packet.statuses),
        "pleth": pleth,
        "pleth_first": pleth[0],
        "pleth_last": pleth[-1],
    }


def nonin_df8_frame(case: Case) -> Mapping[str, object]:
    family = nonin_df8.FAMILY
    events = decode(family, case.data * (family.resync_frames + 1))
    chartable = any(isinstance(each, Reading) and each.validity is Validity.VALID for each in events)
    return {**msgspec.structs.asdict(nonin_df8.parse_frame(case.data)), "chartable": chartable}


def nonin_df13_packet(case: Case) -> Mapping[str, object]:
    return msgspec.structs.asdict(nonin_df13.parse_frame(case.data))


def nonin_command(case: Case) -> Mapping[str, object]:
    """Return a command's fields, with the replies the device has for it; what we send must be the very bytes."""
    command = nonin.parse_command(case.data)
    if command.format is not None:
        assert nonin.select_format(command.format) == case.data
    return {
        "command": command.name,
        "format": command.format,
        "value": command.time or None,
        "time": command.time or None,
        "ack": nonin.ACK.hex(),
        "nak": nonin.NAK.hex(),
    }


def masimo_line(case: Case) -> Mapping[str, object]:
    line = masimo_ascii1.parse_line(case.data)
    words = {"sn", "alarm", "exc", "exc1"}
    fields: dict[str, object] = {key.lower(): line.number(key) for key in line.fields if key.lower() not in words}
    said = {key.lower(): text for key, text in line.fields.items() if key.lower() in words}
    exceptions, _, names = said.pop("exc", "").partition(":")
    serial = said.pop("sn", "").strip("-") or None
    return {
        **fields,
        **said,
        "sn": serial,
        "exc": exceptions,
        "exc_text": names.split(",") if names else [],
        "alarm_bits": [name for bit, name in ALARM_BITS.items() if line.bits("ALARM") & bit],
        "timestamp": case.data[:17].decode("ascii"),
    }


def nellcor_line(case: Case) -> Mapping[str, object]:
    """Return a line's fields; what is no line is ignored, which a case may expect."""
    try:
        line = nellcor_ascii.parse_line(case.data)
    except FrameError:
        if "ignored" in case.expected:
            return {"ignored": True}
        raise
    fields = msgspec.to_builtins(line)
    assert isinstance(fields, dict)
    lists = {name: list(value) for name, value in fields.items() if isinstance(value, tuple)}
    return {**fields, **lists, "ignored": isinstance(line, nellcor_ascii.Titles)}


def ivy_recording(case: Case) -> Mapping[str, object]:
    """Return how many messages a recording holds; a block of text is as expected if each of its lines was sent.

    `stated_by` names who counted, so it is as expected whatever it is.
    """
    messages = [ivy_450c_ansarb.parse_message(each) for each in Stream().frames(case.data, 0, ivy_450c_ansarb.cut, [])]
    lines = [_ivy_line(name, line) for lines in messages for name, line in lines.items()]
    block = str(case.expected.get("text_block_example", ""))
    parts = re.split(r" (?=[A-Z0-9]+=\d;)", block.replace(" ;", ";"))
    sent = all(any(line.startswith(part) for line in lines) for part in parts)
    return {
        "messages": len(messages),
        "bytes": len(case.data),
        "text_block_example": block if sent else lines,
        "stated_by": case.expected.get("stated_by"),
    }


def _ivy_line(name: str, line: ivy_450c_ansarb.Line) -> str:
    return f"{name}={len(line.values)};" + "".join(f"{field};" for field in (*line.values, line.label, line.message))
