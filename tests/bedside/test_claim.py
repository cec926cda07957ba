"""What a shared device measures is nobody's until a person says whose it is."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.bedside.waiting import hold
from edge_agent.domain.effects import DeviceReport, RequestTaken, StoredReadings, Unclaimed, Waits
from edge_agent.domain.inputs import Attached, Claim, LinkOpened, SettingsApplied, TransferAsked
from edge_agent.domain.settings import SECOND, Bed, Device, Expected, WardSettings
from firmware_bridges.vitals import Reason, Validity
from tests.bedside.harness import Bench

ADDRESS = "C0:26:DA:00:12:34"
FEVER = {"temperature": 391}


def ward(expected: Expected | None = None) -> WardSettings:
    """Return two beds with an oximeter each, and a thermometer that goes round."""
    beds = tuple(Bed(id=name) for name in ("1", "2"))
    fixed = tuple(
        Device(id=f"link{name}", bed=name, family="sensor_link", port=f"/dev/link{name}") for name in ("1", "2")
    )
    shared = Device(id="ear", family="bluetooth_thermometer", address=ADDRESS, shared=True, expected=expected)
    return WardSettings(beds=beds, devices=(*fixed, shared))


def claim(bench: Bench, bed: str = "1", device: str = "ear", person: str = "nurse7") -> tuple[str, ...]:
    """Let a person claim now; return the objections."""
    given = Claim(bed=bed, device=device, person=person, request="r", received_at=bench.now)
    return next(effect.errors for effect in bench.give(given) if isinstance(effect, RequestTaken))


def temperatures(bench: Bench) -> dict[str, int | None]:
    """Return the temperature of each bed that has one."""
    beds = bench.ward._floor.state.beds
    return {
        name: bed.streams["ear/temperature"].value for name, bed in beds.items() if "ear/temperature" in bed.streams
    }


def unclaimed(bench: Bench) -> list[Unclaimed]:
    return [effect for effect in bench.effects if isinstance(effect, Unclaimed)]


def test_a_claimed_measurement_is_the_beds_under_the_persons_name_and_alerts_there() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    at = bench.now
    bench.wait(20)
    assert temperatures(bench) == {}
    assert claim(bench, "2") == ()
    bench.wait(3)
    assert temperatures(bench) == {"2": 391}
    shown = [stream for report in bench.vitals()[-2:] for stream in report.streams if stream.vital == "temperature"]
    assert [(stream.value, stream.person, stream.at) for stream in shown] == [(391, "nurse7", at)]
    (alert,) = bench.alerts("temperature-high")
    assert alert.bed == "2"
    assert unclaimed(bench) == []


def test_it_can_be_claimed_once() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    assert claim(bench, "1") == ()
    assert claim(bench, "2") == ("nothing of ear waits: a measurement can be claimed once, within 120 s",)
    assert temperatures(bench) == {"1": 391}


@pytest.mark.parametrize(("seconds", "counts"), [(119.9, True), (120, False)])
def test_after_two_minutes_it_goes_nowhere_counted_and_told(seconds: float, counts: bool) -> None:  # noqa: FBT001 - a case
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    bench.wait(seconds)
    assert (claim(bench) == ()) is counts
    assert bool(temperatures(bench)) is counts
    gone = [(each.device, each.vitals, each.why) for each in unclaimed(bench)]
    assert gone == ([] if counts else [("ear", ("temperature",), "nobody claimed it in time")])
    bench.wait(31)
    health = [each for each in bench.effects if isinstance(each, DeviceReport) and each.device == "ear"][-1]
    assert health.rejected == ({} if counts else {"unclaimed": 1})
    assert health.frames == 1


def test_only_the_newest_measurement_waits_the_one_before_could_be_another_patients() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    bench.wait(30)
    bench.say({"temperature": 368}, "ear")
    assert [each.why for each in unclaimed(bench)] == ["followed by another measurement before anybody claimed it"]
    assert claim(bench) == ()
    assert temperatures(bench) == {"1": 368}


def test_a_device_that_is_configured_anew_keeps_nothing_waiting() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    bench.give(SettingsApplied(ward(Expected(serial="77"))))
    assert [each.why for each in unclaimed(bench)] == ["its device was configured anew"]
    assert claim(bench)


def test_a_claim_says_everything_that_is_wrong_with_it() -> None:
    bench = Bench(ward())
    assert claim(bench, bed="9", person="") == (
        "bed 9 is not on this gateway",
        "person is empty: say who claims",
        "nothing of ear waits: a measurement can be claimed once, within 120 s",
    )
    assert claim(bench, device="link1") == ("link1 is no shared device of this gateway",)
    assert claim(bench, device="nobody") == ("nobody is no shared device of this gateway",)


def test_what_is_no_measurement_does_not_wait() -> None:
    bench = Bench(ward())
    line = bench.ward._floor.state.lines["ear"]
    bench.say({"temperature": 800}, "ear")
    assert line.rejected == {Reason.OUT_OF_RANGE.value: 1}
    assert line.waiting == ()
    assert claim(bench)


def test_what_is_from_memory_is_nobodys_history() -> None:
    bench = Bench(ward())
    floor = bench.ward._floor
    bench.say(FEVER, "ear")
    (reading,) = floor.state.lines["ear"].waiting
    assert reading.validity is Validity.VALID

    line = floor.state.lines["ear"]
    hold(line, msgspec.structs.replace(reading, stored=True), bench.now, [])
    hold(line, reading, reading.at + 120 * SECOND, [])
    assert line.waiting == (reading,)
    assert line.rejected == {"stored": 1, "late": 1}
    assert not [effect for effect in bench.effects if isinstance(effect, StoredReadings)]


def test_a_shared_device_that_is_the_wrong_one_alerts_at_the_gateway_and_nothing_waits() -> None:
    bench = Bench(ward(Expected(serial="77")))
    bench.give(LinkOpened("ear", bench.now, Attached(address="C0:26:DA:00:12:99")))
    bench.say(FEVER, "ear")
    alert = bench.present("shared-device-refused")
    assert alert is not None
    assert alert.bed == ""
    assert f"ear: wrong device: expected address {ADDRESS}, found C0:26:DA:00:12:99" in alert.why.text
    assert claim(bench)
    bench.unplug("ear")
    bench.wait(3)
    assert bench.present("shared-device-refused") is None


def test_what_waits_is_told_once_to_be_remembered_however_many_values_it_has() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    bench.wait(5)
    bench.say({"temperature": 368}, "ear")
    waits = [effect for effect in bench.effects if isinstance(effect, Waits)]
    assert [(each.device, bench.now - each.at) for each in waits] == [("ear", 5 * SECOND), ("ear", 0)]


def test_what_waited_is_lost_with_a_restart_told_without_its_value_and_nobodys() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    bench.restart()
    assert [(each.device, each.vitals, each.why) for each in unclaimed(bench)] == [
        ("ear", ("temperature",), "the gateway started anew before anybody claimed it")
    ]
    assert claim(bench) == ("nothing of ear waits: a measurement can be claimed once, within 120 s",)
    bench.restart()
    assert len(unclaimed(bench)) == 1, "told once"


def test_a_claimed_value_outlives_a_new_configuration_and_a_restart() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    claim(bench)
    bench.restart(msgspec.structs.replace(ward(), version=2))
    bench.wait(2)
    assert temperatures(bench) == {"1": 391}


def test_a_claimed_value_moves_with_its_patient() -> None:
    bench = Bench(ward())
    bench.say(FEVER, "ear")
    claim(bench, "1")
    bench.give(TransferAsked(bed="1", to="2", person="nurse7", request="t", received_at=bench.now))
    bench.wait(2)
    assert temperatures(bench) == {"2": 391}
    alert = [alert for alert in bench.alerts("temperature-high") if alert.bed == "2"][-1]
    assert alert.verifiable


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("measure"), st.integers(340, 420)),
            st.tuples(st.just("claim"), st.sampled_from(["1", "2"])),
            st.tuples(st.just("wait"), st.integers(1, 130)),
            st.tuples(st.just("restart"), st.just(0)),
        ),
        max_size=12,
    )
)
def test_every_measurement_ends_at_one_bed_or_nowhere(doings: list[tuple[str, int | str]]) -> None:
    bench = Bench(ward())
    measured = taken = 0
    last: dict[str, int] = {}
    waiting: tuple[int, int] | None = None
    for what, how in doings:
        if what == "measure":
            measured += 1
            bench.say({"temperature": int(how)}, "ear")
            waiting = int(how), bench.now + 120 * SECOND
        elif what == "wait":
            bench.wait(int(how))
        elif what == "restart":
            bench.restart()
            waiting = None
        else:
            fits = waiting is not None and bench.now < waiting[1]
            assert (claim(bench, str(how)) == ()) is fits
            if fits and waiting is not None:
                taken, last[str(how)], waiting = taken + 1, waiting[0], None
    bench.wait(121)
    assert temperatures(bench) == last
    assert measured == taken + len(unclaimed(bench))
