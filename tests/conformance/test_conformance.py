from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from firmware_bridges.bridge import Family, SerialSettings
from firmware_bridges.decoding import decode
from firmware_bridges.framing import FrameError
from firmware_bridges.vitals import VITALS, Malformed, Reading, Validity
from tests.conformance.cases import Case
from tests.conformance.checks import CHECKS

FIELDS = {
    "spo2": "spo2",
    "pulse_rate": "pulse_rate",
    "hr": "heart_rate",
    "pi": "perfusion_index",
    "pai": "perfusion_index",
}
"""Vitals by the name of the field that holds them."""


def test_a_case_means_what_it_is_said_to_mean(case: Case) -> None:
    fields = CHECKS[case.folder].fields
    if "error" in case.expected:
        why = case.expected["error"]
        assert why is True or isinstance(why, str), f"an error of an unknown kind: {why!r}"
        with pytest.raises(FrameError, match=None if why is True else re.escape(why)):
            fields(case)
        return
    found = fields(case)
    unknown = case.expected.keys() - found.keys()
    assert not unknown, f"fields nobody here knows: {sorted(unknown)}"
    assert {name: found[name] for name in case.expected} == case.expected


def test_the_decoder_passes_nothing_else_as_valid(device_case: Case) -> None:
    case, family = device_case, CHECKS[device_case.folder].family
    assert family is not None
    if "error" in case.expected:
        assert _readings(family, case.data) == []
        return
    trusted = case.data * (family.resync_frames + 1) if isinstance(family.link, SerialSettings) else case.data
    said = {each.vital: each.value for each in _readings(family, trusted) if each.validity is Validity.VALID}
    for field, vital in FIELDS.items():
        if field in case.expected and vital in said:
            number = case.expected[field]
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


def test_a_folder_of_captures_is_checked(folder: Path) -> None:
    if folder.name not in CHECKS:
        pytest.skip(f"{folder.name}: not supported yet")
    assert any(folder.glob("*.json")), "a folder without cases"


def _readings(family: Family, data: bytes) -> list[Reading]:
    return [event for event in decode(family, data) if isinstance(event, Reading)]
