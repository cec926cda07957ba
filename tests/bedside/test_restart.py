"""Snapshot and restore: at any moment a restored ward goes on as if nothing had been; a reboot keeps what it may."""

from __future__ import annotations

from hypothesis import given, settings

from edge_agent.bedside.ward import Ward
from edge_agent.domain.settings import SECOND
from firmware_bridges.bridge import Sample
from tests.bedside.harness import Bench
from tests.bedside.test_time import STORY, tell


@settings(max_examples=40)
@given(STORY, STORY)
def test_restored_at_any_moment_it_goes_on_the_same(
    before: list[tuple[str, int, int, float]], after: list[tuple[str, int, int, float]]
) -> None:
    bench = Bench()
    tell(bench, before)
    data = bench.ward.snapshot()
    bench.effects = []
    twin = Bench()
    twin.now, twin.effects, twin.encoders = bench.now, [], {}
    twin.ward = Ward()
    twin.ward.restore(data)
    sequence = Bench()  # a third bench's encoder in the state the first one's is in
    tell(sequence, before)
    twin.encoders = sequence.encoders
    assert tell(bench, after) == tell(twin, after)


def test_a_frame_of_which_half_had_come_is_read_whole() -> None:
    bench = Bench()
    data = b"".join(data for _, data in bench.encoders["link1"].encode(Sample(values={"spo2": 97})))
    bench.send(data[:-2])
    half, bench.ward = bench.ward.snapshot(), Ward()
    bench.ward.restore(half)
    bench.send(data[-2:])
    bench.wait(1)
    assert bench.shown("spo2").value == 97


def test_alerts_and_what_people_said_survive_a_kill() -> None:
    bench = Bench()
    bench.observe(vitals={"respiratory_rate": 26}, consciousness="A")
    bench.feed(40, {"spo2": 84})
    held = bench.present("spo2-low")
    assert held
    bench.restart()
    bench.wait(2)
    kept = bench.present("spo2-low")
    assert kept
    assert (kept.event_id, kept.priority, kept.verifiable) == (held.event_id, held.priority, False)
    score = bench.score().rule
    assert score is not None
    assert "respiratory_rate" not in score.missing
    assert "spo2" in score.missing


def reboot(off_for: int | None) -> Bench:
    """Return a bench whose kernel has booted anew: CLOCK_BOOTTIME begins near zero again."""
    bench = Bench()
    bench.observe(
        vitals={"respiratory_rate": 26}, consciousness="A", spo2_scale=2, spo2_target=(88, 92), prescriber="dr3"
    )
    bench.feed(60, {"spo2": 80})
    bench.reboot(off_for)
    return bench


def test_a_reboot_with_a_trusted_clock_keeps_ages() -> None:
    bench = reboot(600 * SECOND)
    bench.wait(2)
    alert = bench.present("spo2-low")
    assert alert
    assert alert.began < bench.now - 600 * SECOND
    assert bench.shown("respiratory_rate", "observation").at == 30 * SECOND - 660 * SECOND


def test_a_reboot_without_one_drops_what_ages_and_keeps_the_alert() -> None:
    bench = reboot(None)
    bench.wait(2)
    assert bench.present("spo2-low")
    score = bench.score().rule
    assert score is None or "respiratory_rate" in score.missing
    assert score is None or score.spo2_scale == 2
