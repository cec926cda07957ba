from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from firmware_bridges.bridge import STREAMS, Family
from firmware_bridges.decoding import decode
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import VITALS, Malformed, Reading, Validity
from tests.conformance.adverts import FILE, FORMATS, AdvertCase, completed, kilogram, readings, taken
from tests.conformance.cases import Case
from tests.conformance.checks import CHECKS, Fields
from tests.conformance.conftest import SCORES

FIELDS = {
    "spo2": "spo2",
    "pulse_rate": "pulse_rate",
    "hr": "heart_rate",
    "bpm": "pulse_rate",
    "pr": "pulse_rate",
    "pi": "perfusion_index",
    "pai": "perfusion_index",
    "pai_pct": "perfusion_index",
    "celsius": "temperature",
    "temp_c": "temperature",
    "temp_ch1_c": "temperature",
    "resp_rate": "respiratory_rate",
    "mg_dl": "glucose",
}
"""Vitals by the name of the field that holds them."""


def test_a_case_means_what_it_is_said_to_mean(case: Case) -> None:
    """An `error` is why a case is no frame; where the case is one, it is a field of it, such as a device's code."""
    found, why = _meaning(case), case.expected.get("error")
    if isinstance(found, str):
        assert why is True or (isinstance(why, str) and why in found), f"{found}, expected {why!r}"
        return
    assert why is not True, f"a frame after all: {found}"
    unknown = case.expected.keys() - found.keys()
    assert not unknown, f"fields nobody here knows: {sorted(unknown)}"
    assert {name: found[name] for name in case.expected} == case.expected


def test_the_decoder_passes_nothing_else_as_valid(device_case: Case) -> None:
    case, check = device_case, CHECKS[device_case.folder]
    assert check.family is not None
    channel = check.channel(case) if check.channel else ""
    if "error" in case.expected:
        assert _readings(check.family, case.data, channel) == []
        return
    stream = isinstance(check.family.link, STREAMS)
    trusted = case.data * (check.family.resync_frames + 1) if stream else case.data
    found = _readings(check.family, trusted, channel)
    said = {each.vital: each.value for each in found if each.validity is Validity.VALID}
    for field, vital in FIELDS.items():
        if field in case.expected and vital in said:
            named = case.expected[field]
            number = named[field] if isinstance(named, dict) else named  # a group of fields bears its first one's name
            assert isinstance(number, (int, Decimal))
            assert said[vital] == VITALS[vital].scaled(number)


def test_a_recording_is_read_to_its_end(recording: Path) -> None:
    raw = recording.read_bytes()
    data = bytes.fromhex(raw.decode("ascii")) if recording.suffix == ".hex" else raw
    family = CHECKS[recording.parent.name].family
    assert family is not None
    events = decode(family, data)
    dropped = sum(event.dropped for event in events if isinstance(event, Malformed))
    assert any(isinstance(event, Reading) and event.validity is Validity.VALID for event in events)
    assert dropped <= len(data) // 100 + 8, "more than one byte in a hundred, and a frame begun, made no frame"


def test_an_advert_means_what_it_is_said_to_mean(advert_case: AdvertCase) -> None:
    case = advert_case
    whole = completed(case)
    if whole is not None:
        assert case.expected not in list(readings(case)), "the case leaves nothing out after all"
        case = case._replace(advert=whole, before=())
    assert case.expected in list(readings(case))


def test_of_an_advert_only_a_weight_is_taken(advert_case: AdvertCase) -> None:
    """A room, a meal and a plant have a temperature, too."""
    case = advert_case
    found = taken(case)
    assert {each.vital for each in found} <= {"weight"}
    for each in found:
        if each.validity is Validity.VALID:
            assert each.value == VITALS["weight"].scaled(kilogram(case))


def test_a_folder_of_captures_is_checked(folder: Path) -> None:
    if folder.name not in {*CHECKS, *FORMATS, SCORES}:
        stated = any(b'"expected"' in file.read_bytes() for file in folder.glob("*.json"))
        pytest.skip(f"{folder.name}: {'not supported yet' if stated else 'nothing here says what is expected'}")
    assert any(folder.glob(FILE if folder.name in FORMATS else "*.json")), "a folder without cases"


def _meaning(case: Case) -> Fields | str:
    """Return the fields of a case, or why it is no frame."""
    try:
        return CHECKS[case.folder].fields(case)
    except FrameError as refusal:
        return str(refusal)


def _readings(family: Family, data: bytes, channel: str = "") -> list[Reading]:
    return [event for event in decode(family, data, channel) if isinstance(event, Reading)]
