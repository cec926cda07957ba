from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cobs import cobs  # type: ignore[import-untyped] # ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridges.families import sensor_link as link
from firmware_bridges.framing import FrameError
from tests.firmware.compiler import C99, CPP11, FIRMWARE, HOST, Harness, build, sanitizers
from tests.paths import CHECKOUT

HEADER = (FIRMWARE / "sensor_link.h").read_text(encoding="utf-8")
Body = tuple[link.Entry, ...] | link.About | link.Status
ERRORS = {"cobs": "error 1", "crc": "error 2", "version": "error 3", "content": "error 4"}
MOST = 40

numbers = st.integers(-(2**31), 2**31 - 1) | st.sampled_from([link.NO_VALUE, 0, 1, -1, 255, 256, 2**31 - 1])
entries = st.builds(link.Entry, vital=st.integers(0, 255), state=st.integers(0, 255), value=numbers)
measurements = st.lists(entries, max_size=MOST, unique_by=lambda entry: entry.vital).map(tuple)
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=80)
abouts = st.builds(link.About, model=texts, serial=texts, firmware=texts)
statuses = st.builds(
    link.Status, battery=st.integers(0, 255), flags=st.integers(0, 1), conditions=st.integers(0, 2**32 - 1)
)
sequences = st.integers(0, 0xFFFF)
times = st.integers(0, 2**32 - 1) | st.sampled_from([0, 255, 256, 2**32 - 1])


@pytest.fixture(scope="module", params=["plain", "sanitized"])
def header(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("header")
    options = sanitizers(folder) if request.param == "sanitized" else ("-Os",)
    if not options:
        pytest.skip("the compiler has no address and undefined behaviour sanitizers")
    with Harness(build(HOST / "harness.c", folder / "harness", *C99, *options)) as harness:
        yield harness


def words(body: Body) -> tuple[str, list[object]]:
    """Return the harness's name for what is sent, and its arguments."""
    if isinstance(body, tuple):
        return "M", [number for entry in body for number in (entry.vital, entry.state, entry.value)]
    if isinstance(body, link.About):
        return "I", [(each.encode("latin-1").hex() or "-") for each in (body.model, body.serial, body.firmware)]
    return "S", [body.battery, body.flags, body.conditions]


def packed(body: Body) -> tuple[int, bytes]:
    """Return a frame's type and body as the specification lays it out."""
    if isinstance(body, link.About):
        return link.IDENTITY, link.pack_identity(body)
    if isinstance(body, link.Status):
        return link.STATUS, bytes((body.battery, body.flags)) + body.conditions.to_bytes(4, "little")
    values = [bytes((each.vital, each.state)) + each.value.to_bytes(4, "little", signed=True) for each in body]
    return link.MEASUREMENT, bytes((len(body),)) + b"".join(values)


def agree(header: Harness, wire: bytes) -> None:
    """Check that C and Python make the same of a frame."""
    assert header.ask("D", wire.hex()) == read(wire)


def read(wire: bytes) -> str:
    """Return what the harness must say of a frame: what Python makes of it."""
    try:
        frame = link.parse_frame(wire)
    except FrameError as error:
        return ERRORS[str(error)]
    payload = bytes(cobs.decode(wire[:-1]))
    values = ""
    if isinstance(frame.body, tuple):
        judged = [link.judge(entry) for entry in frame.body]
        states = [link.VALIDITIES.index(validity) << 6 | link.REASONS.index(reason) for validity, reason in judged]
        values = "".join(
            f" {entry.vital} {entry.state} {entry.value} {state}"
            for entry, state in zip(frame.body, states, strict=True)
        )
    return f"{frame.kind} {frame.sequence} {frame.device_ms} {payload[0] & 0x0F} {payload[8:-2].hex()}{values}"


@given(body=st.one_of(measurements, abouts, statuses), sequence=sequences, ms=times)
def test_what_c_encodes_python_reads(header: Harness, body: Body, sequence: int, ms: int) -> None:
    kind, arguments = words(body)
    wire = header.frame(kind, sequence, ms, *arguments)
    assert wire == link.wire(packed(body)[0], sequence, ms, packed(body)[1])
    assert link.parse_frame(wire) == link.Frame(packed(body)[0], sequence, ms, body)


@given(body=st.one_of(measurements, abouts, statuses), sequence=sequences, ms=times)
def test_what_python_encodes_c_reads(header: Harness, body: Body, sequence: int, ms: int) -> None:
    agree(header, link.wire(packed(body)[0], sequence, ms, packed(body)[1]))


@given(
    version=st.sampled_from([0x10, 0x11, 0x1F, 0x20, 0x00]),
    kind=st.integers(0, 5),
    body=st.binary(max_size=243) | st.builds(lambda body, more: packed(body)[1] + more, measurements, st.binary()),
)
@settings(max_examples=300)
def test_c_and_python_agree_on_any_body(header: Harness, version: int, kind: int, body: bytes) -> None:
    payload = bytes((version, kind)) + bytes(range(6)) + body[:243]
    agree(header, cobs.encode(payload + link.crc16(payload)) + b"\0")


@given(wire=st.binary(min_size=1, max_size=254))
def test_c_and_python_agree_on_any_bytes(header: Harness, wire: bytes) -> None:
    agree(header, wire.replace(b"\0", b"\1") + b"\0")


@given(body=measurements, position=st.integers(0), bit=st.integers(0, 7))
def test_c_and_python_agree_on_a_flipped_bit(
    header: Harness, body: tuple[link.Entry, ...], position: int, bit: int
) -> None:
    wire = bytearray(link.wire(*packed(body)[:1], 7, 0, packed(body)[1]))
    wire[position % (len(wire) - 1)] ^= 1 << bit
    if 0 not in wire[:-1]:
        agree(header, bytes(wire))


@pytest.mark.parametrize("version", [0x10, 0x11])
@pytest.mark.parametrize("kind", [link.MEASUREMENT, link.IDENTITY, link.STATUS])
def test_c_and_python_agree_on_a_body_a_byte_too_short_or_long(header: Harness, version: int, kind: int) -> None:
    body = {
        link.MEASUREMENT: packed((link.Entry(1, 0, 72), link.Entry(3, 0, 97)))[1],
        link.IDENTITY: link.pack_identity(link.About("m", "s", "fw")),
        link.STATUS: link.pack_status(80, []),
    }[kind]
    for changed in (body[:-1], body, body + b"x", b""):
        for sequence in range(60):  # a CRC may begin with what could be the missing byte
            payload = bytes((version, kind, sequence, 0, 0, 0, 0, 0)) + changed
            agree(header, bytes(cobs.encode(payload + link.crc16(payload))) + b"\0")


def test_c_and_python_agree_on_no_frame_at_all(header: Harness) -> None:
    agree(header, b"\0")
    assert header.ask("D") == header.ask("D", "05") == "error 1"


def test_a_low_battery_is_one_bit(header: Harness) -> None:
    assert header.frame("S", 0, 0, 9, 2, 0) == link.wire(link.STATUS, 0, 0, link.pack_status(9, [], low=True))


def test_the_specifications_examples_are_what_c_encodes(header: Harness) -> None:
    text = (CHECKOUT / "docs" / "sensor-link.md").read_text(encoding="utf-8")
    lines = [bytes.fromhex(line) for line in re.findall(r"^    ([0-9a-f ]+)$", text, re.MULTILINE)]
    assert [
        header.frame("M", 7, 12345, 1, 0, 72, 3, 0, 97, 8, 0, 372),
        header.frame("M", 8, 13345, 1, 0, 0, 3, 0x81, link.NO_VALUE),
        header.frame("I", 0, 0, b"ward-node".hex(), b"A17".hex(), b"1.2.0".hex()),
        header.frame("S", 9, 13400, 80, 0, 1 << 1),
    ] == lines[1::2]


def test_every_vital_and_every_state_go_through(header: Harness) -> None:
    for vital in link.VITAL_IDS:
        for state in range(256):
            agree(header, header.frame("M", 0, 0, vital, state, 97))
            agree(header, header.frame("M", 0, 0, vital, state, link.NO_VALUE))


def test_the_longest_frame_fits_and_one_more_value_is_refused(header: Harness) -> None:
    full = [number for vital in range(MOST) for number in (vital, 0, -1)]
    wire = header.frame("M", 1, 2, *full)
    agree(header, wire)
    assert len(wire) == 8 + 1 + MOST * 6 + 2 + 2 <= link.MAX_WIRE
    assert header.ask("M", 1, 2, *full, MOST, 0, -1) == "refused"


def test_the_longest_identity_fits_and_one_more_letter_is_refused(header: Harness) -> None:
    wire = header.frame("I", 1, 2, (b"m" * 200).hex(), (b"s" * 40).hex(), "-")
    agree(header, wire)
    assert len(wire) == link.MAX_WIRE
    assert header.ask("I", 1, 2, (b"m" * 200).hex(), (b"s" * 40).hex(), "66") == "refused"
    assert header.ask("I", 1, 2, (b"m" * 241).hex(), "-", "-") == "refused"


@pytest.mark.parametrize("letter", ["\x1f", "\x7f", "\x80", "\xff", "\n"])
def test_an_identity_is_printable_ascii(header: Harness, letter: str) -> None:
    assert (
        header.ask(
            *words(link.About("ok", "A" + letter, ""))[:1], 0, 0, "6f6b", ("A" + letter).encode("latin-1").hex(), "-"
        )
        == "refused"
    )


def test_a_vital_comes_once(header: Harness) -> None:
    assert header.ask("M", 0, 0, 1, 0, 72, 3, 0, 97, 1, 0, 72) == "refused"


def test_the_header_names_every_vital_reason_and_validity_as_the_family_does() -> None:
    named = {name: int(number) for name, number in re.findall(r"SENSOR_LINK_([A-Z_0-9]+) = (\d+)", HEADER)}
    other = {"pulse_rate_nibp": "CUFF_PULSE_RATE"}
    assert all(named[other.get(vital, vital.upper())] == number for number, vital in link.VITAL_IDS.items())
    assert all(named[each.name] == number for number, each in enumerate(link.REASONS))
    assert all(named[each.name] == number for number, each in enumerate(link.VALIDITIES[:3]))
    assert named["REASONS"] == len(link.REASONS)


def test_a_states_validity_follows_from_its_reason(header: Harness) -> None:
    for number, reason in enumerate(link.REASONS):
        validity, told = link.judge(link.Entry(3, number, 97))
        assert told is reason
        assert header.ask("R", number) == str(link.VALIDITIES.index(validity) << 6 | number)


@pytest.mark.parametrize(("suffix", "options"), [("c", C99), ("cpp", CPP11)])
@pytest.mark.parametrize("name", ["sensor_link.h", "pulse.h", "max30102.h"])
def test_each_header_is_c_and_cpp_without_a_warning(
    tmp_path: Path, name: str, suffix: str, options: tuple[str, ...]
) -> None:
    source = tmp_path / f"sketch.{suffix}"
    source.write_text(f'#include "{name}"\nint main(void) {{ return 0; }}\n')
    build(source, tmp_path / "sketch", *options, f"-I{FIRMWARE / 'examples' / 'esp32_max30102'}")


def test_the_header_needs_nothing_but_integers() -> None:
    assert re.findall(r"#include (\S+)", HEADER) == ["<stdint.h>"]
