"""What our parsers of makers' own protocols say of a case, in the words of the folders of captures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from firmware_bridges import dri
from firmware_bridges.families import ge_s5_dri
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
