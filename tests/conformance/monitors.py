"""What our parsers say of the cases of HL7 monitors: the results of a message, and how they are judged."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from edge_agent.bedside.quality import PLAUSIBLE
from firmware_bridges.framing import FrameError
from firmware_bridges.hl7 import Segment, parse_segment
from firmware_bridges.hl7_terms import Said, said_of
from firmware_bridges.mllp import END, START, Blocks
from firmware_bridges.vitals import VITALS, Reason
from tests.conformance.cases import Case

NAMES: Final = {
    "spo2": ("spo2",),
    "pulse_rate": ("pulse_rate", "pr"),
    "heart_rate": ("heart_rate", "hr"),
    "perfusion_index": ("pi",),
    "respiratory_rate": ("resp_rate", "rr"),
    "temperature": ("temp_c", "temp_ch1_c"),
    "pulse_rate_nibp": ("nibp_pulse_rate",),
}
"""The names of fields that hold a vital."""

PRESSURES = ("systolic", "diastolic", "mean_pressure")


def hl7_message(case: Case) -> Mapping[str, object]:
    """Return the fields of a message, absent ones as None. `note` is in words, and so as expected whatever it is."""
    segments = _segments(case.data)
    results = [segment for segment in segments if segment.name == "OBX"]
    said = [(segment, each) for segment in results if (each := said_of(segment)) is not None]
    first = {each.vital: each for _, each in reversed(said)}
    fields: dict[str, object] = {name: _number(first.get(vital)) for vital, names in NAMES.items() for name in names}
    demo = bool(said) and all(each.reason is Reason.DEMO for _, each in said)
    cuff = [_number(first.get(vital)) for vital in PRESSURES]
    return {
        **{vital: _number(said) for vital, said in first.items()},
        **fields,
        **_temperatures([each for _, each in said if each.vital == "temperature"]),
        "nibp": None if set(cuff) == {None} else cuff,
        "nibp_time": next((segment.raw(14) for segment, each in said if each.vital in PRESSURES), None),
        "vitals": {each.vital: _number(each) for _, each in said if each.value is not None},
        "sentinels": list(dict.fromkeys(Decimal(s.raw(5)) for s, each in said if each.value is None and s.raw(5))),
        "demo": demo,
        "must_not_be_charted": demo,
        "acvpu": next((segment.text(5) for segment in results if segment.text(3, 2).endswith("ACVPU")), None),
        "bed": next((s.text(3, 3).strip(s.marks.subcomponent) for s in segments if s.name == "PV1"), None),
        "height_zero_is_not_a_value": all(said_of(segment) is None for segment in results if _is_height(segment)),
        "note": case.expected.get("note"),
    }


def _segments(data: bytes) -> list[Segment]:
    """Return the segments of the one message in `data`. FrameError if it is none."""
    pieces = list(Blocks().pieces(data, 0, []))
    if len(pieces) < 3 or pieces[0] != START or pieces[-1] != END:
        raise FrameError("no message")
    return [parse_segment(piece, pieces[1]) for piece in pieces[1:-1]]


def _number(said: Said | None) -> Decimal | None:
    """Return a vital's number in its unit."""
    return None if said is None or said.value is None else VITALS[said.vital].decimal(said.value)


def _temperatures(said: list[Said]) -> dict[str, object]:
    """Return the armpit's temperature, and the second channel's: what our gate refuses is said in words."""
    armpit = next((_number(each) for each in said if each.site == "armpit"), None)
    second = _number(said[1]) if len(said) > 1 else None
    bounds = PLAUSIBLE["temperature"]
    refused = second is not None and not bounds.lowest <= VITALS["temperature"].scaled(second) <= bounds.highest
    return {
        "temp_axillary": armpit,
        "temp_ch2": f"{second} degC is implausible: reject" if refused else second,
        "temp_ch2_c": second,
    }


def _is_height(segment: Segment) -> bool:
    return segment.text(3, 2) == "MDC_LEN_BODY_ACTUAL" and segment.text(5) == "0"
