"""Nobody can be named by what is recorded of an HL7 line, and nothing that is measured is lost."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.bridge import SERIAL, Sample
from firmware_bridges.decoding import decode
from firmware_bridges.families.hl7_mllp_oru import FAMILY
from firmware_bridges.hl7_mask import Masker
from firmware_bridges.mllp import wrap
from firmware_bridges.vitals import Reading
from tests.firmware_bridges.devices import accidents
from tests.paths import captures

NAME, NUMBER = "CANARY", "4711007"
MESSAGE = wrap(
    [
        rf"MSH|^~\&|MONITOR^77^EUI-64||||20260301120000|{NAME}|ORU^R01^ORU_R01|17|P|2.6",
        f"PID|1|{NUMBER}|{NUMBER}^^^{NAME}^PI~{NUMBER}||{NAME}^QUINN^^^^^L||19610101|F|||15 {NAME} ROAD^^TOWN",
        f"PV1|1|I|ICU^101^24^{NAME}||{NUMBER}||{NUMBER}^{NAME}^DOCTOR|||||||||||{NUMBER}",
        f"NK1|1|{NAME}^ROBIN|SPO|||{NUMBER}",
        f"OBR|1|{NUMBER}^{NAME}|{NUMBER}|182777000^monitoring of patient^SCT|||20260301120000|||{NAME}||||||{NAME}",
        (
            "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1.150456|97|262688^MDC_DIM_PERCENT^MDC||H|||R"
            f"|||20260301120000||{NUMBER}^{NAME}||||||||{NAME}"
        ),
        f"OBX|2|ST|150456^MDC_PULS_OXIM_SAT_O2^MDC||{NAME}|%|||||F",
        f"OBX|3|ST|67881^MDC_ATTR_PT_NAME^MDC||{NAME}^QUINN",
        f"OBX|4|NM|67882^MDC_ATTR_PT_ID^MDC||{NUMBER}",
        f"NTE|1||admitted as {NAME}, {NUMBER}",
        f"ZPD|{NAME}|{NUMBER}",
        f"{NAME}|{NUMBER}",
        f"OBX{NAME}|{NAME}|{NUMBER}",
    ]
)


def masked(data: bytes) -> bytes:
    return Masker().mask(SERIAL, data)


def test_no_name_and_no_number_of_a_person_passes_and_all_that_is_measured_does() -> None:
    seen = masked(MESSAGE)
    assert len(seen) == len(MESSAGE)
    assert NAME.encode() in MESSAGE
    for word in (NAME, NUMBER, "QUINN", "ROBIN", "DOCTOR", "ROAD", "19610101", "admitted", "SPO|"):
        assert word.encode() not in seen, word
    assert b"|ICU^101^24^XXXXXX|" in seen, "where is not who"
    assert decode(FAMILY, seen) == decode(FAMILY, MESSAGE)
    assert [each.value for each in decode(FAMILY, seen) if isinstance(each, Reading)] == [97]


def test_what_is_no_message_is_masked_whole() -> None:
    name = NAME.encode()
    assert masked(name + b"|4711\r") == b"X" * 11 + b"\r"
    assert masked(b"\x0bPID|1|" + name + b"\r") == b"\x0bP" + b"X" * 11 + b"\r", "no header declared the separators"
    assert masked(b"\x0bMSHabcde" + name)[9:] == b"X" * 6, "letters are no separators"
    assert masked(MESSAGE + name)[-6:] == b"X" * 6, "after the end"


@given(cuts=st.lists(st.integers(0, len(MESSAGE)), max_size=8))
def test_however_the_bytes_are_cut_the_same_come_out(cuts: list[int]) -> None:
    masker, edges = Masker(), [0, *sorted(cuts), len(MESSAGE)]
    pieces = [MESSAGE[start:end] for start, end in itertools.pairwise(edges)]
    assert b"".join(masker.mask(SERIAL, piece) for piece in pieces) == masked(MESSAGE)


@given(data=st.data())
def test_whatever_happens_on_the_line_the_masked_bytes_say_no_more_and_no_less(data: st.DataObject) -> None:
    line = b"".join(piece for _, piece in data.draw(accidents(FAMILY, FAMILY.encoder())))
    seen = masked(line)
    assert len(seen) == len(line)
    assert [each for each in decode(FAMILY, seen) if isinstance(each, Reading)] == [
        each for each in decode(FAMILY, line) if isinstance(each, Reading)
    ]


def test_a_simulated_patient_is_masked_as_a_real_one() -> None:
    [(_, frame)] = FAMILY.encoder().encode(Sample({"spo2": 97}))
    assert b"SIMULATED" in frame
    assert b"SIMULATED" not in masked(frame)


@pytest.mark.parametrize("name", ["comen_nc5_spot_2026", "mindray_vs900_2019", "northern_aquarius_2025"])
def test_messages_of_real_monitors_lose_nothing_that_is_measured(name: str) -> None:
    case = json.loads((captures("hl7_mllp_oru") / f"{name}.json").read_text("utf-8"))
    data = bytes.fromhex(case["input_hex"])
    assert decode(FAMILY, masked(data)) == decode(FAMILY, data)
    assert b"TEST" not in masked(data)
