"""What may be charted of an HL7 message: which vital, which number, what it is worth, when it was measured."""

from __future__ import annotations

import pytest

from firmware_bridges.families.hl7_mllp_oru import FAMILY, FRESH, Decoder
from firmware_bridges.hl7_terms import FLAGS, STATUSES
from firmware_bridges.vitals import Reason, Validity
from tests.firmware_bridges.hl7_messages import CUFF, NOON, SECOND, SPO2, answers, header, obx, one, readings, said, why

# ------------------------------------------------------------------------------------------------ vital and number


@pytest.mark.parametrize(
    ("code", "vital"),
    [
        (SPO2, "spo2"),
        ("150031^MDC_PRESS_CUFF_SYS^MDC", "systolic"),
        ("150456^^MDC", "spo2"),
        ("150456", "spo2"),
        ("8889-8^Heart rate by pulse oximetry^LN", "pulse_rate"),
        ("HR^Heart rate^99ACME^147842^MDC_ECG_HEART_RATE^MDC", "heart_rate"),
        ("59408-5^^LN^150456^MDC_PULS_OXIM_SAT_O2^MDC", "spo2"),
    ],
)
def test_the_name_decides_before_the_code_and_loinc_is_understood(code: str, vital: str) -> None:
    unit = {"systolic": "mm[Hg]", "spo2": "%"}.get(vital, "/min")
    assert one(header(), obx(code, "97", unit)).vital == vital


@pytest.mark.parametrize(
    "code",
    [
        "150456^MDC_PRESS_BLD_VEN_CENT^MDC",
        "150456^SpO2^99ACME",
        "150037^MDC_PRESS_BLD_ART_ABP_SYS^MDC",
        "196616^MDC_EVT_ALARM^MDC",
        "2267^COMEN_ACVPU^99COMEN",
        "",
    ],
)
def test_what_is_no_vital_of_ours_is_passed_over_and_the_message_still_taken(code: str) -> None:
    events = said(header(), obx(code), obx())
    assert [each.vital for each in readings(events)] == ["spo2"]
    assert answers(events) == [["MSA", "AA", "1"]]


def test_without_a_name_and_a_code_the_containment_path_tells() -> None:
    assert one(header(), "OBX|1|NM|^^MDC|1.1.9.150301|142|266016^MDC_DIM_MMHG^MDC|||||F").vital == "systolic"


@pytest.mark.parametrize(
    ("code", "value", "unit", "scaled"),
    [
        (CUFF, "16.0", "kPa", 120),
        (CUFF, "120", "266016^MDC_DIM_MMHG^MDC", 120),
        ("150344^MDC_TEMP^MDC", "99.5", "266560^MDC_DIM_FAHR^MDC", 375),
        ("150344^MDC_TEMP^MDC", "37.25", "Cel", 373),
        ("150488^MDC_BLD_PERF_INDEX^MDC", "0.94", "%", 94),
        (SPO2, "97", "", 97),
        (SPO2, " 97 ", "%", 97),
    ],
)
def test_numbers_come_into_the_vitals_unit_rounded_half_up(code: str, value: str, unit: str, scaled: int) -> None:
    assert one(header(), obx(code, value, unit)).value == scaled


@pytest.mark.parametrize(("code", "unit"), [(CUFF, ""), (CUFF, "cm[H2O]"), (SPO2, "kPa"), (CUFF, "mm[Hg]^kPa")])
def test_a_number_without_a_unit_that_is_sure_is_refused_and_said(code: str, unit: str) -> None:
    events = said(header(), obx(code, "120", unit))
    assert readings(events) == []
    assert why(events) == ["unit"]


@pytest.mark.parametrize(
    "value", ["-999", "-99.9", "-100", "-1", "8388607", "", '""', "Alert", "---", "97~98", ">97", "^97"]
)
def test_what_stands_for_no_number_is_none(value: str) -> None:
    reading = one(header(), obx(value=value))
    assert (reading.value, reading.validity, reading.reason) == (None, Validity.INVALID, Reason.NOT_AVAILABLE)


def test_an_armpit_is_told_and_of_two_channels_the_first_valid_one_counts() -> None:
    warm = "150344^MDC_TEMP^MDC"
    assert one(header(), obx("188496^MDC_TEMP_AXIL^MDC", "36.1", "Cel")).site == "armpit"
    assert one(header(), obx(warm, "-100", "Cel"), obx(warm, "36.5", "Cel"), obx(warm, "38.5", "Cel")).value == 365


# ------------------------------------------------------------------------------------------------ what it is worth


@pytest.mark.parametrize(("flag", "reason"), FLAGS.items())
def test_a_flag_of_the_device_is_honoured_whatever_the_status(flag: str, reason: Reason) -> None:
    assert one(header(), obx(SPO2, "97", "%", f"L~{flag}", "F")).reason is reason


@pytest.mark.parametrize(("status", "reason"), STATUSES.items())
def test_preliminary_is_doubtful_and_what_was_not_obtained_or_wrong_is_no_number(status: str, reason: Reason) -> None:
    reading = one(header(), obx(SPO2, "97", "%", "H", status))
    assert reading.reason is reason
    assert (reading.validity is Validity.VALID) == (status in ("", "F", "R", "C"))
    assert (reading.validity is Validity.QUESTIONABLE) == (status in ("P", "S"))


@pytest.mark.parametrize(("flags", "status"), [("NEW", "F"), ("", "Q"), ("<", "F")])
def test_what_is_not_understood_is_not_trusted(flags: str, status: str) -> None:
    assert one(header(), obx(SPO2, "97", "%", flags, status)).validity is Validity.QUESTIONABLE


@pytest.mark.parametrize("mode", ["T", "D"])
def test_training_and_debugging_messages_are_test_data(mode: str) -> None:
    assert one(header(mode=mode), obx()).reason is Reason.TEST


# ------------------------------------------------------------------------------------------------ when it was measured


def test_the_devices_time_is_kept_as_the_results_own_or_the_observations() -> None:
    observed = "OBR|1||||||20260301115958"
    assert one(header(), observed, obx()).device_time == "2026-03-01T11:59:58"
    assert one(header(), observed, obx(SPO2, "97", "%", "", "F", "20260301115959.5")).device_time.endswith("59.500000")
    assert one(header(), obx()).device_time == ""


@pytest.mark.parametrize("code", [SPO2, CUFF])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_was_measured_long_before_its_message_is_history(code: str, sign: int) -> None:
    unit = "%" if code == SPO2 else "mm[Hg]"
    limit = FRESH[FAMILY.mode_of("spo2" if code == SPO2 else "systolic")] // SECOND
    for seconds, stored in ((limit, False), (limit + 1, True)):
        minute, second = divmod(30 * 60 + sign * seconds, 60)
        stamped = obx(code, "97", unit, "", "F", f"2026030112{minute:02}{second:02}")
        assert one(header(time="20260301123000"), stamped).stored is stored


def test_zones_are_understood_and_a_missing_one_is_that_of_the_other() -> None:
    for sent in ("20260301120000+0800", "20260301040000+0000", "20260301120000"):
        assert not one(header(time=sent), obx(SPO2, "97", "%", "", "F", "20260301120000+0800")).stored
    assert one(header(time="20260301120000+0000"), obx(SPO2, "97", "%", "", "F", "20260301120000+0800")).stored


@pytest.mark.parametrize(("sent", "measured"), [("", NOON), (NOON, "20261399000000"), (NOON, "2026"), ("noon", NOON)])
def test_a_time_that_shows_no_freshness_makes_history(sent: str, measured: str) -> None:
    assert one(header(time=sent), obx(SPO2, "97", "%", "", "F", measured)).stored


def test_a_cuff_value_that_later_messages_repeat_is_told_once() -> None:
    bridge, cuff = Decoder(), obx(CUFF, "120", "mm[Hg]", "", "F", "20260301115950")
    assert not one(header(), cuff, bridge=bridge).stored
    assert readings(said(header(control="2", time="20260301120005"), cuff, bridge=bridge, at=5 * SECOND)) == []
    bridge.closed(6 * SECOND)
    bridge.opened(7 * SECOND)
    assert readings(said(header(control="3", time="20260301120007"), cuff, bridge=bridge, at=7 * SECOND)) == []
    corrected = cuff.replace("|120|", "|125|").replace("|F|", "|C|")
    assert one(header(control="4", time="20260301120008"), corrected, bridge=bridge, at=8 * SECOND).value == 125


def test_a_preliminary_cuff_value_does_not_hide_the_final_one() -> None:
    bridge, cuff = Decoder(), obx(CUFF, "120", "mm[Hg]", "", "P", "20260301115950")
    assert one(header(), cuff, bridge=bridge).validity is Validity.QUESTIONABLE
    final = cuff.replace("|P|", "|F|")
    assert one(header(control="2"), final, bridge=bridge).validity is Validity.VALID


def live(bridge: Decoder, clock_s: int, at_s: int) -> bool:
    """Tell whether a message written at `clock_s` seconds after noon and received at `at_s` counts as live."""
    hours, rest = divmod(12 * 3600 + clock_s, 3600)
    time = f"20260301{hours:02}{rest // 60:02}{rest % 60:02}"
    found = one(header(control=f"{clock_s}.{at_s}", time=time), obx(), bridge=bridge, at=at_s * SECOND)
    return not found.stored


def test_what_queued_while_the_line_was_down_is_history_and_what_comes_after_it_live() -> None:
    bridge = Decoder()
    assert all(live(bridge, t, t) for t in range(0, 60, 10))
    bridge.closed(60 * SECOND)
    bridge.opened(3600 * SECOND)
    assert not any(live(bridge, t, 3600) for t in range(60, 3580, 60))
    assert live(bridge, 3600, 3600)


def test_a_clock_that_was_set_is_believed_after_a_minute() -> None:
    bridge = Decoder()
    assert live(bridge, 0, 0)
    assert not any(live(bridge, 3600 + t, t) for t in range(10, 70, 10))
    assert live(bridge, 3670, 70)


def test_archived_messages_are_history() -> None:
    assert one(header(mode="P^A"), obx()).stored
