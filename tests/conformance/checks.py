"""How each folder of captures is checked: one table from the folder's name to what our parser says of a case.

A field of `expected` that its function here does not return fails the case: nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

import msgspec

from firmware_bridges import plx
from firmware_bridges.bridge import Family
from firmware_bridges.decoding import decode
from firmware_bridges.families import (
    bluetooth_blood_pressure,
    bluetooth_glucose_meter,
    bluetooth_glucose_monitor,
    bluetooth_heart_rate,
    bluetooth_pulse_oximeter,
    bluetooth_pulse_oximeter_spot,
    bluetooth_thermometer,
    contec_cms50_5byte,
    contec_cms50_9byte,
    contec_cms50d_bt_ble,
    drager_medibus,
    ge_s5_dri,
    hl7_mllp_oru,
    ivy_450c_ansarb,
    jumper_jpd500f,
    masimo_ascii1,
    nellcor_ascii,
    nonin_ble,
    nonin_df2,
    nonin_df7,
    nonin_df8,
    nonin_df13,
    omron_hem_7142t2,
    philips_intellivue,
    polar_pmd,
    sensor_link,
    viatom_o2ring,
    viatom_oxyii,
    viatom_pc60fw,
    yuwell_oximeter,
)
from firmware_bridges.ieee11073 import Number, float32, sfloat
from firmware_bridges.vitals import Malformed, Reading
from tests.conformance import bluetooth, cables, draeger, monitors, proprietary
from tests.conformance.cases import Case

Fields = Mapping[str, object]


class Check(NamedTuple):
    """`fields`: every field we can say of a case; FrameError if it is no frame. `family`: whose decoder must agree.

    `channel`: where the family's device sends a case; without it, on the family's first channel.
    """

    fields: Callable[[Case], Fields]
    family: Family | None = None
    channel: Callable[[Case], str] | None = None


def contec_9byte(case: Case) -> Fields:
    if case.direction == "host->device":
        code = contec_cms50_9byte.unpack(case.data)[0]
        assert contec_cms50_9byte.command(code) == case.data
        return {"command": f"{code:#04x}"}
    frame = contec_cms50_9byte.parse_frame(case.data)
    pi = None if frame.pi is None else Decimal(frame.pi) / 100
    return {**msgspec.structs.asdict(frame), "type": case.data[0], "pi": pi}


def contec_5byte(case: Case) -> Fields:
    preambles = case.data.count(contec_cms50_5byte.PREAMBLE)
    return _upload(case, preambles) if preambles else msgspec.structs.asdict(contec_cms50_5byte.parse_frame(case.data))


def _upload(case: Case, preambles: int) -> Fields:
    """Let the bytes be followed by a length and one recorded second, which must come out as stored."""
    events = decode(contec_cms50_5byte.FAMILY, case.data + b"\x80\x80\x03" + b"\xf0\xc8\x61")
    stored = [(event.value, event.stored) for event in events if isinstance(event, Reading)]
    assert stored == [(97, True), (72, True)]
    offset = sum(event.dropped for event in events if isinstance(event, Malformed))
    return {
        "kind": "cruft + preamble" if offset else "preamble",
        "preamble": f"{contec_cms50_5byte.PREAMBLE.hex()} x{preambles}",
        "offset": offset,
    }


def heart_rate(case: Case) -> Fields:
    frame = bluetooth_heart_rate.parse_frame(case.data)
    intervals = list(frame.intervals)
    return {
        "hr": frame.heart_rate,
        "contact": frame.contact,
        "energy": frame.energy,
        "rr": intervals,
        "rr_1024": intervals,
    }


def plx_continuous(case: Case) -> Fields:
    frame = bluetooth_pulse_oximeter.parse_frame(case.data)
    averages = {**_pair("fast", frame.fast), **_pair("slow", frame.slow)}
    return {**msgspec.structs.asdict(frame), **averages}


def _pair(name: str, pair: tuple[Number, Number] | None) -> Fields:
    spo2, pulse_rate = pair or (None, None)
    return {f"spo2_{name}": spo2, f"pulse_rate_{name}": pulse_rate}


def plx_spot(case: Case) -> Fields:
    frame = bluetooth_pulse_oximeter_spot.parse_frame(case.data)
    return {**msgspec.structs.asdict(frame), "timestamp": frame.timestamp or None}


def plx_features(case: Case) -> Fields:
    return msgspec.structs.asdict(plx.parse_features(case.data))


def numbers(case: Case) -> Fields:
    raw = int.from_bytes(case.data, "little")
    return {"sfloat": sfloat(raw)} if len(case.data) == 2 else {"float32": float32(raw)}


def crc(case: Case) -> Fields:
    """Return the CRC; `use` says in words what for, so it is as expected whatever it is."""
    return {
        "crc16_mcrf4xx": int.from_bytes(sensor_link.crc16(case.data), "little"),
        "use": case.expected.get("use"),
    }


CHECKS: dict[str, Check] = {
    "contec_cms50_9byte": Check(contec_9byte, contec_cms50_9byte.FAMILY),
    "contec_cms50_5byte": Check(contec_5byte, contec_cms50_5byte.FAMILY),
    "ble_2a37_heart_rate": Check(heart_rate, bluetooth_heart_rate.FAMILY),
    "ble_2a5f_plx_continuous": Check(plx_continuous, bluetooth_pulse_oximeter.FAMILY),
    "ble_2a5e_plx_spot": Check(plx_spot, bluetooth_pulse_oximeter_spot.FAMILY),
    "ble_2a60_plx_features": Check(plx_features),
    "ble_2a35_blood_pressure": Check(bluetooth.blood_pressure, bluetooth_blood_pressure.FAMILY),
    "ble_2a1c_temperature": Check(bluetooth.thermometer, bluetooth_thermometer.FAMILY),
    "ble_2a18_glucose": Check(bluetooth.glucose, bluetooth_glucose_meter.FAMILY),
    "ble_2a34_glucose_context": Check(
        bluetooth.glucose_context, bluetooth_glucose_meter.FAMILY, lambda _: bluetooth_glucose_meter.CONTEXT
    ),
    "ble_2a52_racp": Check(bluetooth.record_access),
    "ble_2aa7_cgm": Check(bluetooth.glucose_monitor, bluetooth_glucose_monitor.FAMILY),
    "nonin_ble": Check(bluetooth.nonin, nonin_ble.FAMILY, bluetooth.nonin_channel),
    "polar_pmd": Check(bluetooth.polar, polar_pmd.FAMILY, bluetooth.polar_channel),
    "ble_sfloat_float": Check(numbers),
    "crc_check": Check(crc),
    "viatom_o2ring": Check(proprietary.o2ring, viatom_o2ring.FAMILY),
    "viatom_oxyii": Check(proprietary.oxyii, viatom_oxyii.FAMILY),
    "viatom_pc60fw": Check(proprietary.pc60fw, viatom_pc60fw.FAMILY),
    "contec_cms50d_bt_ble": Check(proprietary.contec_bluetooth, contec_cms50d_bt_ble.FAMILY),
    "jumper_jpd500f": Check(proprietary.jumper, jumper_jpd500f.FAMILY),
    "yuwell_oximeter": Check(proprietary.yuwell, yuwell_oximeter.FAMILY),
    "philips_intellivue": Check(proprietary.intellivue_message, philips_intellivue.FAMILY),
    "nonin_df2": Check(cables.nonin_df2_frames, nonin_df2.FAMILY),
    "nonin_df7": Check(cables.nonin_df7_packet, nonin_df7.FAMILY),
    "nonin_df8": Check(cables.nonin_df8_frame, nonin_df8.FAMILY),
    "nonin_df13": Check(cables.nonin_df13_packet, nonin_df13.FAMILY),
    "nonin_9560_cmd": Check(cables.nonin_command),
    "masimo_ascii1": Check(cables.masimo_line, masimo_ascii1.FAMILY),
    "masimo_trend_out": Check(cables.masimo_line, masimo_ascii1.FAMILY),
    "nellcor_ascii": Check(cables.nellcor_line, nellcor_ascii.FAMILY),
    "drager_medibus": Check(draeger.message, drager_medibus.FAMILY),
    "drager_medibus_datetime": Check(draeger.clock),
    "drager_medibus_number": Check(draeger.number),
    "hl7_mllp_oru": Check(monitors.hl7_message, hl7_mllp_oru.FAMILY),
    "ge_s5_dri": Check(proprietary.dri_record, ge_s5_dri.FAMILY),
    "omron_hem_eeprom": Check(proprietary.omron_record),
    "omron_hem_transport": Check(proprietary.omron_frame, omron_hem_7142t2.FAMILY),
    "ivy_450c_ansarb": Check(cables.ivy_recording, ivy_450c_ansarb.FAMILY),
}
"""Folders we can check. Any other is listed as not supported yet."""
