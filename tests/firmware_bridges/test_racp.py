from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges import racp
from firmware_bridges.framing import FrameError


def test_no_name_is_given_to_the_command_that_deletes() -> None:
    assert 2 not in set(racp.Op)


def test_op_codes_and_codes_have_the_numbers_of_the_specification() -> None:
    assert [op.value for op in racp.Op] == [1, 3, 4, 5, 6]
    assert [code.value for code in racp.Code] == list(range(1, 10))


def test_commands_are_written_as_the_specification_has_them() -> None:
    assert racp.report_all() == bytes.fromhex("0101")
    assert racp.report_newest() == bytes.fromhex("0106")
    assert racp.report_from(300) == bytes.fromhex("0103012c01")


@given(st.integers(0, racp.LAST_NUMBER))
def test_a_number_is_sent_low_byte_first(first: int) -> None:
    assert int.from_bytes(racp.report_from(first)[3:], "little") == first


@pytest.mark.parametrize("first", [-1, 65536])
def test_there_is_no_such_record(first: int) -> None:
    with pytest.raises(ValueError, match=f"no record has the number {first}"):
        racp.report_from(first)


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_response_names_its_command_and_its_code(request: int, code: int) -> None:
    assert racp.parse_reply(bytes((6, 0, request, code))) == racp.Response(request, code)


def test_a_count_has_16_bits_or_32() -> None:
    assert racp.parse_reply(bytes.fromhex("05000201")) == racp.Counted(0x0102)
    assert racp.parse_reply(bytes.fromhex("050004030201")) == racp.Counted(0x01020304)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", "truncated"),
        ("06", "truncated"),
        ("060001", "truncated"),
        ("050001", "truncated"),
        ("06010101", "operator"),
        ("0101", "operator"),
        ("0100", "op-code"),
        ("07000000", "op-code"),
    ],
)
def test_what_is_no_reply_is_refused(reply: str, why: str) -> None:
    with pytest.raises(FrameError, match=why):
        racp.parse_reply(bytes.fromhex(reply))
