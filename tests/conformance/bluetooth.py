"""What our Bluetooth parsers say of a case, in the words of the folders of captures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from firmware_bridges import racp
from firmware_bridges.families import (
    bluetooth_blood_pressure,
    bluetooth_glucose_meter,
    bluetooth_glucose_monitor,
    bluetooth_thermometer,
    nonin_ble,
    polar_pmd,
)
from firmware_bridges.framing import FrameError
from firmware_bridges.gatt import Fields as Reader
from firmware_bridges.ieee11073 import date_time, finite
from tests.conformance.cases import Case

Fields = Mapping[str, object]

CUFF = {
    0: "body_movement",
    1: "cuff_too_loose",
    2: "irregular_pulse",
    3: "pulse_rate_above_upper_limit",
    4: "pulse_rate_below_lower_limit",
    5: "improper_position",
}
"""Bits of the blood pressure status; 3 and 4 are one number, of which 3 has no meaning."""


def blood_pressure(case: Case) -> Fields:
    frame = bluetooth_blood_pressure.parse_frame(case.data)
    return {
        "systolic": finite(frame.systolic),
        "diastolic": finite(frame.diastolic),
        "map": finite(frame.mean),
        "unit": "kPa" if frame.kpa else "mmHg",
        "pulse_rate": None if frame.pulse_rate is None else finite(frame.pulse_rate),
        "user_id": frame.user_id,
        "timestamp": None if frame.timestamp is None else _stamp(frame.timestamp),
        "status": None if frame.status is None else [word for bit, word in CUFF.items() if frame.status >> bit & 1],
    }


def _stamp(data: bytes) -> object:
    """Return a date-time, or its parts with None for the unknown ones."""
    fields = Reader(data)
    year, month, day = fields.unsigned(2), fields.unsigned(1), fields.unsigned(1)
    if year and month and day:
        return date_time(data)
    hour, minute, second = fields.take(3)
    time = f"{hour:02}:{minute:02}:{second:02}"
    return {"year": year or None, "month": month or None, "day": day or None, "time": time}


def thermometer(case: Case) -> Fields:
    frame = bluetooth_thermometer.parse_frame(case.data)
    sent = finite(frame.temperature)
    return {
        "celsius": frame.celsius,
        "fahrenheit": sent if frame.fahrenheit else None,
        "temperature": sent,
        "unit": "F" if frame.fahrenheit else "C",
        "timestamp": frame.timestamp or None,
        "type": None if frame.type is None else bluetooth_thermometer.SITES.get(frame.type, frame.type),
    }


def glucose(case: Case) -> Fields:
    frame = bluetooth_glucose_meter.parse_frame(case.data)
    sent = None if frame.concentration is None else finite(frame.concentration)
    status = frame.status or 0
    return {
        **msgspec.structs.asdict(frame),
        "base_time": frame.base_time or None,
        "offset_min": frame.offset,
        "local_time": frame.local_time or None,
        "concentration": sent,
        "unit": "mol/L" if frame.molar else "kg/L",
        "mg_dl": frame.mg_dl,
        "mmol_l": sent * 1000 if frame.molar and sent is not None else None,
        "result_too_high": bool(status >> 5 & 1),
        "result_too_low": bool(status >> 6 & 1),
        "battery_low": bool(status & 1),
        "control_solution": frame.type == 10 or frame.location == 4,
    }


def glucose_context(case: Case) -> Fields:
    """Return the context; `vendor` says in words what a meter means by it, so it is as expected whatever it is."""
    context = bluetooth_glucose_meter.parse_context(case.data)
    return {
        **msgspec.structs.asdict(context),
        "carb_id": context.carbohydrate_id,
        "carbs_kg": context.carbohydrate,
        "meal_name": bluetooth_glucose_meter.MEALS.get(context.meal or 0),
        "vendor": case.expected.get("vendor"),
    }


def record_access(case: Case) -> Fields:
    if case.direction == "host->device":
        return {"command": _command(case.data)}
    reply = racp.parse_reply(case.data)
    if isinstance(reply, racp.Counted):
        return {"count": reply.count}
    result = {racp.Code.SUCCESS: "success", racp.Code.NO_RECORDS: "no_records"}.get(racp.Code(reply.code))
    return {"request": reply.request, **({"result": result} if result else {"error": reply.code})}


def _command(data: bytes) -> str:
    """Name a command that we send; what we never send is no command of ours."""
    ours = {racp.report_all(): "report all", racp.report_newest(): "report last"}
    if data in ours:
        return ours[data]
    first = int.from_bytes(data[-2:], "little")
    if data == racp.report_from(first):
        return f"report >= seq {first}"
    raise FrameError("no command of ours")


def glucose_monitor(case: Case) -> Fields:
    """Return the first record; a CRC that is wrong is said with what it should be."""
    try:
        records = bluetooth_glucose_monitor.parse_records(case.data)
    except FrameError as error:
        if str(error) != "crc":
            raise
        received = int.from_bytes(case.data[-2:], "little")
        return {"error": "crc", "computed": bluetooth_glucose_monitor.crc16(case.data[:-2]), "received": received}
    first = records[0]
    return {
        "records": len(records),
        "glucose": finite(first.glucose),
        "time_offset": first.time_offset,
        "status": first.octets.hex() or None,
        "trend": _optional(first.trend),
        "quality": _optional(first.quality),
        "crc": first.crc,
        "crc_ok": True if first.crc is not None else None,
    }


def _optional(number: object) -> Decimal | None:
    return number if isinstance(number, Decimal) else None


def nonin(case: Case) -> Fields:
    """Return what the case is by its size: which characteristic it came on, is not always said."""
    channel = nonin_channel(case)
    if channel == nonin_ble.OXIMETRY:
        frame = nonin_ble.parse_frame(case.data)
        return {**msgspec.structs.asdict(frame), "pai_pct": _hundredths(frame.pai), "battery_v": _tenths(frame.battery)}
    if channel == nonin_ble.DEVICE:
        device = nonin_ble.parse_device(case.data)
        return {
            "sensor_type": device.sensor,
            "error": NONIN_ERRORS[device.error],
            "battery_v": _tenths(device.battery),
            "battery_pct": device.battery_percent,
            "tx_index": device.index,
        }
    if channel == nonin_ble.PLETH:
        pleth = nonin_ble.parse_pleth(case.data)
        first, *_, last = pleth.samples
        ends = {"ppg_first": first, "ppg_last": last, "ppg_count": len(pleth.samples)}
        return {"char": channel[:8], "counter": pleth.counter, **ends}
    beats = nonin_ble.parse_beats(case.data)
    return {
        "char": channel[:8],
        "counter": beats.counter,
        "invalid_signal": beats.invalid_signal,
        "pulse_rate_too_high": beats.rate_too_high,
        "pulses": [
            {"bad": beat.bad, "pai_pct": _hundredths(beat.pai), "interval_ms": _tenths(beat.interval)}
            for beat in beats.beats
        ],
    }


NONIN_ERRORS = {0: "none", 1: "no_sensor", 5: "sensor_fault", 6: "system_error"}


def nonin_channel(case: Case) -> str:
    """Return the characteristic that `char` names, else the one whose fields are expected."""
    named = case.expected.get("char")
    for channel in (nonin_ble.INTERVALS, nonin_ble.PLETH, nonin_ble.DEVICE, nonin_ble.OXIMETRY):
        if named == channel[:8]:
            return channel
    return nonin_ble.DEVICE if "tx_index" in case.expected else nonin_ble.OXIMETRY


def _tenths(number: int) -> Decimal:
    return Decimal(number) / 10


def _hundredths(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number) / 100


def polar(case: Case) -> Fields:
    if case.direction == "host->device":
        return _polar_command(case.data)
    if polar_channel(case) == polar_pmd.CONTROL:
        response = polar_pmd.parse_response(case.data)
        return {
            "response_to": polar_pmd.COMMANDS[response.op],
            "type": polar_pmd.TYPES[response.type],
            "error": response.error,
            "more": response.more,
        }
    header = polar_pmd.parse_header(case.data)
    head = {
        "type": polar_pmd.TYPES[header.type],
        "frame_type": header.frame_type,
        "compressed": header.compressed,
        "timestamp_ns": header.time,
    }
    if head["type"] == "PPI":
        return {**head, "samples": [_interval(each) for each in polar_pmd.parse_intervals(case.data)]}
    potentials = polar_pmd.parse_potentials(case.data)
    samples = [{"uv": each.microvolts, **each.tags} for each in potentials]
    return {**head, "microvolts": [each.microvolts for each in potentials], "samples": samples}


def polar_channel(case: Case) -> str:
    """Return the control point for commands and responses, which begin with F0."""
    control = case.direction == "host->device" or case.data[:1] == b"\xf0"
    return polar_pmd.CONTROL if control else polar_pmd.DATA


def _interval(sample: polar_pmd.Interval) -> Fields:
    return {
        "hr": sample.heart_rate,
        "ppi_ms": sample.interval,
        "error_ms": sample.error,
        "blocker": int(sample.blocked),
        "contact": int(bool(sample.contact)),
        "contact_supported": int(sample.contact is not None),
    }


def _polar_command(data: bytes) -> Fields:
    """Take a command apart by our tables; our own must be the same, byte for byte."""
    fields = Reader(data)
    op, kind = fields.unsigned(1), fields.unsigned(1)
    settings = {}
    while fields.left():
        name, size = polar_pmd.SETTINGS[fields.unsigned(1)]
        assert fields.unsigned(1) == 1
        settings[name] = fields.unsigned(size)
    assert polar_pmd.command(op, kind, settings) == data
    return {"op": polar_pmd.COMMANDS[op], "type": polar_pmd.TYPES[kind], "settings": settings}
