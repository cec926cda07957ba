"""What our parsers of makers' own protocols say of a case, in the words of the folders of captures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import reduce
from operator import xor

import msgspec
from crccheck.crc import Crc16X25

from firmware_bridges import dri, intellivue, viatom
from firmware_bridges.families import (
    contec_cms50d_bt_ble,
    ge_s5_dri,
    jumper_jpd500f,
    omron_hem_7142t2,
    viatom_o2ring,
    viatom_oxyii,
    viatom_pc60fw,
    yuwell_oximeter,
)
from firmware_bridges.framing import FrameError
from firmware_bridges.ieee11073 import finite
from tests.conformance.cases import Case

Fields = Mapping[str, object]


def dri_record(case: Case) -> Fields:
    """Return a request, which our encoder must make byte for byte, or the basic class of a reply."""
    plain = dri.unframe(case.data)
    record = dri.parse_record(plain)
    said: dict[str, object] = {"r_len": record.length, "dri_level": record.level, "maintype": record.main_type}
    said |= {"checksum": sum(plain) & 0xFF, "escaped": case.expected.get("escaped")}
    found = _request(case, record) if case.direction == "host->device" else _displayed(record)
    return {**said, **{name: _asked(value, case.expected.get(name)) for name, value in found.items()}}


def _asked(found: object, expected: object) -> object:
    """Return of a group's fields those that the case names, all if it names one that we do not know."""
    if not isinstance(found, Mapping) or not isinstance(expected, Mapping) or expected.keys() - found.keys():
        return found
    return {name: found[name] for name in expected}


def _request(case: Case, record: dri.Record) -> Fields:
    sent = dri.parse_request(record)
    if sent.main_type == dri.WAVE:
        made = dri.wave_request(bytes(sent.types[:-1]), stop=bool(sent.kind), level=record.level)
    else:
        made = dri.data_request(sent.kind, sent.interval, sent.classes, record.level)
    assert made == case.data
    if sent.main_type == dri.WAVE:
        return {"req_type": sent.kind, "types": list(sent.types)}
    return {"rcrd_type": sent.kind, "tx_ival": sent.interval, "class_bf": sent.classes}


def _displayed(record: dri.Record) -> Fields:
    [part] = record.subrecords
    frame = ge_s5_dri.parse_subrecord(part)
    return {
        "subrecord": part.kind,
        "cls": frame.data_class,
        "time": frame.time,
        "ecg": _ecg(frame.ecg),
        "p1": _named(frame.p1, ("sys", "dia", "mean"), ge_s5_dri.PRESSURES, "label"),
        "nibp": _named(frame.nibp, ("sys", "dia", "mean")),
        "t1": _temperature(frame.temperatures[0]),
        "spo2": _spo2(frame.spo2),
        "co2": _co2(frame.co2),
    }


def _hundredths(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / 100


def _ecg(group: ge_s5_dri.Group) -> Fields | None:
    if not group.measures:
        return None
    found: dict[str, object] = {"hr": group.number(0), "hr_source": group.hr_source, "imp_rr": group.number(4)}
    # the folder says "st1_mm" where there is a number and "st2" where there is none: both are said of each
    for place in (1, 2, 3):
        found[f"st{place}"] = found[f"st{place}_mm"] = _hundredths(group.number(place))
    return found


def _named(
    group: ge_s5_dri.Group, names: tuple[str, ...], labels: Mapping[int, str] | None = None, label: str = ""
) -> Fields | None:
    if not group.measures:
        return None
    found: dict[str, object] = {name: _hundredths(group.number(place)) for place, name in enumerate(names)}
    found["pr"] = group.number(len(names))
    return {**found, **({label: labels.get(group.label)} if labels else {})}


def _temperature(group: ge_s5_dri.Group) -> Fields | None:
    if not group.measures:
        return None
    return {"label": ge_s5_dri.BODY.get(group.label), "c": _hundredths(group.number(0))}


def _co2(group: ge_s5_dri.Group) -> Fields | None:
    return {"et": _hundredths(group.number(0)), "rr": group.number(2)} if group.measures else None


def _spo2(group: ge_s5_dri.Group) -> Fields | None:
    if not group.measures:
        return None
    return {
        "spo2": _hundredths(group.number(0)),
        "pr": group.number(1),
        "ir_amp": _hundredths(group.number(2)),
    }


def o2ring(case: Case) -> Fields:
    """Return a command, which our encoder must make byte for byte, or live values."""
    packet = viatom.unpack(case.data)
    block = int.from_bytes(packet.extra, "little")
    if case.direction == "host->device":
        assert viatom_o2ring.command(packet.code, packet.payload, block) == case.data
        return {"command": packet.code, "crc8_ok": True, "length": len(packet.payload), "block": block}
    said: dict[str, object] = {"status": packet.code, "crc8_ok": True, "length": len(packet.payload), "block": block}
    return {**said, **msgspec.structs.asdict(viatom_o2ring.parse_live(packet.payload))}


def oxyii(case: Case) -> Fields:
    packet = viatom.unpack(case.data)
    flag, sequence = packet.extra
    if case.direction == "host->device":
        assert viatom_oxyii.command(packet.code, packet.payload, sequence) == case.data
    said: dict[str, object] = {"opcode": f"{packet.code:02x}", "flag": flag, "seq": sequence, "crc8_ok": True}
    said["length"] = len(packet.payload)
    if flag == viatom_oxyii.DEVICE and packet.code == viatom_oxyii.LIVE:
        said |= msgspec.structs.asdict(viatom_oxyii.parse_live(packet.payload))
    return said


def pc60fw(case: Case) -> Fields:
    packet = viatom_pc60fw.unpack(case.data)
    assert viatom_pc60fw.pack(packet.kind, packet.function, packet.data) == case.data
    if packet.kind == viatom_pc60fw.DEVICE:
        return {"crc8_maxim_ok": True, "type": "battery", "level": packet.data[0], "battery_level": packet.data[0]}
    said = {viatom_pc60fw.VALUES: _vitals, viatom_pc60fw.PLETH: _wave, viatom_pc60fw.SPOT: _spot}[packet.function]
    return {"crc8_maxim_ok": True, **said(packet.data)}


def _vitals(data: bytes) -> Fields:
    frame = viatom_pc60fw.parse_values(data)
    pi = None if frame.pi_raw is None else Decimal(frame.pi_raw) / 10
    return {"type": "vitals", "pi": pi, "battery_level_bits": frame.level, **msgspec.structs.asdict(frame)}


def _wave(data: bytes) -> Fields:
    samples, beat = viatom_pc60fw.parse_pleth(data)
    return {"type": "wave", "samples": list(samples), "beat_index": beat}


def _spot(data: bytes) -> Fields:
    return {"type": "spot", **msgspec.structs.asdict(viatom_pc60fw.parse_spot(data))}


def contec_bluetooth(case: Case) -> Fields:
    """Return values or a sample of the pleth; `checksum` says in words what was checked, so it is as expected."""
    frame = contec_cms50d_bt_ble.parse_frame(case.data)
    if frame is None:
        raise FrameError("another kind")
    kind = "ppg" if isinstance(frame, contec_cms50d_bt_ble.Pleth) else "vitals"
    return {**msgspec.structs.asdict(frame), "kind": kind, "checksum": case.expected.get("checksum")}


def jumper(case: Case) -> Fields:
    frame = jumper_jpd500f.parse_frame(case.data)
    return {**msgspec.structs.asdict(frame), "pi": None if frame.pi_raw is None else Decimal(frame.pi_raw) / 10}


def yuwell(case: Case) -> Fields:
    frame = yuwell_oximeter.parse_frame(case.data)
    return {**msgspec.structs.asdict(frame), "pi": None if frame.pi_raw is None else Decimal(frame.pi_raw) / 1000}


def omron_record(case: Case) -> Fields:
    record = omron_hem_7142t2.parse_record(case.data)
    if record is None:
        raise FrameError("empty")
    return {
        "systolic": record.systolic,
        "diastolic": record.diastolic,
        "pulse_rate": record.pulse_rate,
        "datetime": record.taken or None,
        "ihb": int(record.irregular_pulse),
        "mov": int(record.movement),
    }


def omron_frame(case: Case) -> Fields:
    """Return a frame, which ours must be byte for byte; `note` says in words what may be in it: it is as expected."""
    frame = omron_hem_7142t2.unpack(case.data)
    made = omron_hem_7142t2.pack(frame.type, frame.address, frame.size, frame.payload, frame.code)
    assert made == case.data
    return {
        "length": len(made),
        "type": f"{frame.type:04x}",
        "address": f"{frame.address:04x}",
        "size": frame.size,
        "payload": frame.payload.hex() or None,
        "xor_all": reduce(xor, case.data),
        "note": case.expected.get("note"),
    }


SESSIONS = {
    intellivue.Session.RELEASE_REQUEST: "ReleaseReq",
    intellivue.Session.RELEASE_RESPONSE: "ReleaseResp",
    intellivue.Session.REFUSE: "Refuse",
    intellivue.Session.ASSOCIATION_REQUEST: "AssocReq",
    intellivue.Session.ASSOCIATION_RESPONSE: "AssocResp",
    intellivue.Session.ABORT: "Abort",
}
ACTIONS = {intellivue.SINGLE_POLL: "SinglePoll", intellivue.EXTENDED_POLL: "ExtendedPoll"}


def intellivue_message(case: Case) -> Fields:
    """Return a frame, a number of four bytes, a session message or a remote operation."""
    data = case.data
    if data[0] == intellivue.BEGIN:
        content = intellivue.unframe_bytes(data)
        assert intellivue.frame_bytes(content) == data
        fcs = f"{Crc16X25.calc(content):04x}"
        return {"payload": content.hex(), "fcs": fcs, "fcs_order": "little-endian", "crc": "CRC-16/X-25"}
    if len(data) == 4:
        return _float(data)
    if data[0] in SESSIONS:
        return {"session": f"{data[0]:02X}", "name": SESSIONS[intellivue.Session(data[0])]}
    return _operation(data)


def _float(data: bytes) -> Fields:
    number = intellivue.parse_float(int.from_bytes(data, "big"))
    exponent, mantissa = (int.from_bytes(part, "big", signed=True) for part in (data[:1], data[1:]))
    return {"float": finite(number), "exponent": exponent, "mantissa": mantissa}


def _operation(data: bytes) -> Fields:
    found = intellivue.parse_operation(data)
    said: dict[str, object] = {"ro_type": found.kind, "cmd_type": found.command, "invoke_id": found.invoke}
    if found.action in ACTIONS:
        number, partition, code, group = (int.from_bytes(found.body[at : at + 2], "big") for at in range(0, 8, 2))
        said |= {"action": f"{found.action:04x} {ACTIONS[found.action]}", "poll_number": number}
        said |= {"polled_obj": [partition, code], "attr_grp": group}
    return {**said, "event_type": f"{found.action:04x}"}
