"""What our MEDIBUS parsers say of a case: a message, a real-time record, a clock or a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from firmware_bridges import medibus, medibus_realtime
from firmware_bridges.framing import FrameError
from tests.conformance.cases import Case

Fields = Mapping[str, object]

NAMES = {medibus.NOP: "NOP", medibus.ICC: "ICC", medibus.STOP: "STOP"}
UNITS = {"EB": "%", "E1": "/min", "D5": "/min", "D6": "/min", "B5": "/min", "DB": "%", "F0": "%", "E6": "mmHg"}
DATA = {0x24, 0x25, 0x26, 0x2B, 0x2C, 0x2D}
ALARMS = {medibus.ALARMS_1, medibus.ALARMS_2}
REALTIME_CONFIGURATION, CONFIGURE_REALTIME = 0x53, 0x54
MESSAGE = {medibus.SOH, medibus.ESC}


def message(case: Case) -> Fields:
    """Return a message's fields, or a record's; what the case says in words has to be about the same things."""
    if case.data[0] not in MESSAGE:
        return _record(case)
    [data] = medibus.messages(case.data)
    found = medibus.parse_message(data)
    write = medibus.command if found.is_command else medibus.response
    assert write(found.code, found.body) == case.data
    said: dict[str, object] = {
        "kind": "command" if found.is_command else "response",
        "code": f"{found.code:02X}",
        "name": NAMES.get(found.code, case.expected.get("name")),
        "checksum": data[-3:-1].decode("ascii"),
        "argument": found.body,
        "body": found.body,
    }
    if found.code == medibus.NAK:
        said["meaning"] = _words(case, "corrupt")
    return {**said, **_body(case, found)}


def _body(case: Case, found: medibus.Message) -> Fields:
    if found.is_command:
        configures = found.code == CONFIGURE_REALTIME
        return {"traces": [list(each) for each in medibus_realtime.parse_request(found.body)]} if configures else {}
    if found.code in DATA:
        values = medibus.parse_data(found.body)
        return {"values": values, "names": _named(case, values)}
    read = READERS.get(found.code)
    return read(found.body) if read and (found.body or found.code in ALARMS) else {}


def _identification(body: str) -> Fields:
    who = medibus.parse_identification(body)
    return {"id": who.number, "device_name": who.name, "revision": who.revision, "medibus_revision": who.medibus}


def _trace(trace: medibus_realtime.Trace) -> Fields:
    return {
        "code": trace.code,
        "interval": trace.interval_us,
        "min": trace.lowest,
        "max": trace.highest,
        "maxbin": trace.max_bin,
    }


READERS: dict[int, Callable[[str], Fields]] = {
    **dict.fromkeys(ALARMS, lambda body: {"alarms": [each._asdict() for each in medibus.parse_alarms(body)]}),
    medibus.IDENTIFY: _identification,
    medibus.DATE_TIME: lambda body: {"iso": medibus.date_time(body)},
    REALTIME_CONFIGURATION: lambda body: {
        "traces": [_trace(each) for each in medibus_realtime.parse_configuration(body)]
    },
}
"""What a response's body holds, by the command it answers."""


def _named(case: Case, values: Mapping[str, Decimal | None]) -> object:
    """Return the case's names for the values: it must name what there is, with the units we know."""
    names = case.expected.get("names")
    if isinstance(names, dict):
        assert names.keys() == values.keys()
        assert all(str(name).endswith(UNITS.get(code, "")) for code, name in names.items())
    return names


def _words(case: Case, *about: str) -> object:
    meaning = str(case.expected.get("meaning", ""))
    return meaning if all(word in meaning for word in about) else f"something about {', '.join(about)}"


def _record(case: Case) -> Fields:
    [record] = medibus_realtime.parse_records(case.data)
    commands = [[f"{code:02x}", f"{argument:02x}"] for code, argument in record.commands]
    about = ["enable traces"] if any(code == "c1" for code, _ in commands) else []
    about += ["end of sequence"] if commands[-1:] == [["c0", "c0"]] else []
    about += ["insp"] if ["c6", "c0"] in commands else []
    return {
        "sync": f"{record.sync:02x}",
        "sync_commands": commands,
        "traces": {str(place): value for place, value in record.values.items()},
        "meaning": _words(case, *about),
    }


def clock(case: Case) -> Fields:
    """Return a clock as the case has it: as if it were UTC, which no device says."""
    text = f"{medibus.date_time(case.data.decode('ascii'))}Z"
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return {"iso": text, "epoch_ms": int(moment.timestamp()) * 1000}


def number(case: Case) -> Fields:
    """Return a number, and its whole part; FrameError for no number at all."""
    found = medibus.number(case.data.decode("ascii"))
    if found is None and "error" in case.expected:
        raise FrameError("content")
    return {"int": None if found is None else int(found), "value": found}
