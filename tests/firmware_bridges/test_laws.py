"""What holds for every device family, present and future, because it is found by itself."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridges.bridge import SERIAL, Bridge, Family, Sample
from firmware_bridges.decoding import channels
from firmware_bridges.families import FAMILIES
from firmware_bridges.vitals import VITALS, DeviceStatus, Event, Send, Validity
from tests.firmware_bridges.devices import (
    NEVER_EVEN_QUESTIONABLE,
    Frames,
    accidents,
    encoded,
    every_family,
    every_stream,
    exhaustive,
    feed,
    flipped,
    law,
    passed,
    readings,
    samples,
    settling,
    smallest_steps,
    stream,
    taken,
    thorough,
    troubled,
    valid,
    warm,
)

BOUND = 2048
"""Bytes of a snapshot, which is all a bridge remembers, whatever it was sent."""


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def sound(family: Family, events: list[Event], at: int) -> bool:
    """Say whether each reading is of a declared vital, a whole number or none, of this moment, and honest."""
    declared = {measure.vital for measure in family.measures}
    return all(
        each.vital in declared
        and type(each.value) in (int, type(None))
        and each.at == at
        and (each.validity is Validity.VALID) == (each.reason.value == "ok")
        and not (each.validity is Validity.VALID and (each.value is None or each.stored))
        for each in readings(events)
    )


@every_stream
@law
@given(data=st.data())
def test_chunks_of_equal_stamps_may_be_cut_anywhere(family: Family, data: st.DataObject) -> None:
    line = stream(data.draw(accidents(family, family.encoder())))
    cuts = data.draw(st.lists(st.integers(0, len(line)), max_size=30))
    whole, cut = family.bridge(), family.bridge()

    expected = [*whole.opened(7), *whole.receive(SERIAL, line, 7)]
    found = cut.opened(7) + [event for piece in pieces(line, cuts) for event in cut.receive(SERIAL, piece, 7)]

    assert found == expected
    assert cut.closed(7) == whole.closed(7)


@every_family
@thorough
@given(data=st.data())
def test_any_bytes_are_survived_within_bounds(family: Family, data: st.DataObject) -> None:
    bridge = family.bridge()
    bridge.opened(0)
    for at, (channel, piece) in enumerate(data.draw(accidents(family, family.encoder()))):
        assert sound(family, bridge.receive(channel, piece, at), at)
        assert len(bridge.snapshot()) < BOUND
    assert readings(bridge.closed(9)) == []


@every_stream
@given(noise=st.binary(min_size=1, max_size=50))
@law
def test_endless_noise_is_reported_and_not_kept(family: Family, noise: bytes) -> None:
    bridge = family.bridge()
    events = [event for _ in range(100) for event in bridge.receive(SERIAL, noise, 0)]
    assert sound(family, events, 0)
    assert len(bridge.snapshot()) < BOUND


@every_family
@thorough
@given(data=st.data())
def test_after_garbage_a_live_device_is_read_again(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family))
    encoder = warm(family.encoder(), sample)
    bridge = family.bridge()
    feed(bridge, data.draw(accidents(family, encoder)))

    good = encoded(encoder, [sample] * (family.resync_frames + 3))

    feed(bridge, good[: family.resync_frames])
    for frame in good[family.resync_frames :]:
        assert taken(family, feed(bridge, [frame])) == sample.values


@every_family
@law
@given(data=st.data())
def test_what_is_encoded_is_decoded(family: Family, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(samples(family), min_size=1))
    encoder, bridge = family.encoder(), family.bridge()
    feed(bridge, settling(family, encoder, drawn[0]))
    for sample in drawn:
        found = readings(feed(bridge, encoder.encode(sample)))
        assert all(passed(family, each) for each in found)
        assert {each.vital: each.value for each in found} == sample.values


@every_family
@law
@given(data=st.data())
def test_a_vital_that_was_not_measured_is_not_invented(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family))
    known = data.draw(st.frozensets(st.sampled_from(sorted(sample.values))))
    partial = msgspec.structs.replace(sample, values={vital: sample.values[vital] for vital in known})
    encoder, bridge = family.encoder(), family.bridge()
    feed(bridge, settling(family, encoder, sample))
    assert taken(family, feed(bridge, encoder.encode(partial))) == partial.values


@every_family
@law
@given(data=st.data())
def test_each_condition_of_the_device_is_told(family: Family, data: st.DataObject) -> None:
    well = data.draw(samples(family))
    for reason in family.conditions:
        sample = msgspec.structs.replace(well, conditions=frozenset({reason}))
        events = feed(family.bridge(), settling(family, family.encoder(), sample))
        statuses = [event for event in events if isinstance(event, DeviceStatus)]
        told = {(each.reason, each.validity) for each in readings(events)}
        assert told == {(reason, Validity.INVALID)} or (
            told == {(reason, Validity.QUESTIONABLE)} and reason not in NEVER_EVEN_QUESTIONABLE
        )
        assert not statuses or statuses[-1].conditions == (reason,)


@every_family
@law
@given(data=st.data())
def test_no_condition_leaves_a_number_valid(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family, troubled(family, least=1)))
    found = readings(feed(family.bridge(), settling(family, family.encoder(), sample)))
    assert found
    assert not valid(found)


@every_family
@law
@given(data=st.data())
def test_a_status_comes_only_with_a_change(family: Family, data: st.DataObject) -> None:
    bridge = family.bridge()
    drawn = data.draw(st.lists(samples(family, troubled(family)), max_size=8))
    events = feed(bridge, encoded(family.encoder(), drawn))
    said = [msgspec.structs.replace(event, at=0) for event in events if isinstance(event, DeviceStatus)]
    assert all(one != two for one, two in pairwise(said))


@every_family
@exhaustive
@given(data=st.data())
def test_single_flipped_bits_are_caught_as_often_as_declared(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family))
    encoder = warm(family.encoder(), sample)
    before, after = settling(family, encoder, sample), settling(family, encoder, sample)
    [(channel, frame)] = before[-1:]
    bits = [(position, bit) for position in range(len(frame)) for bit in range(8)]
    begun = family.bridge()
    assert not _misleads(family, begun, before[:-1], sample.values)
    state, bridge = begun.snapshot(), family.bridge()
    caught = 0
    for each in bits:
        bridge.restore(state)
        caught += not _misleads(family, bridge, [(channel, flipped(frame, *each)), *after], sample.values)
    assert caught >= family.check.catches_bit_flips * len(bits)


def _misleads(family: Family, bridge: Bridge, frames: Frames, truth: dict[str, int]) -> bool:
    found = readings(feed(bridge, frames))
    return any(passed(family, each) and each.value != truth[each.vital] for each in found)


@every_family
@law
@given(data=st.data())
def test_a_truncated_frame_yields_nothing(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family, troubled(family)))
    encoder = warm(family.encoder(), sample)
    bridge = family.bridge()
    feed(bridge, settling(family, encoder, sample))
    [(channel, frame)] = encoder.encode(sample)
    length = data.draw(st.integers(0, len(frame) - 1))
    events = bridge.receive(channel, frame[:length], 1)
    assert readings(events + bridge.closed(2)) == []


@every_stream
@law
@given(data=st.data())
def test_a_frame_is_never_completed_across_conversations(family: Family, data: st.DataObject) -> None:
    sample = data.draw(samples(family))
    encoder = warm(family.encoder(), sample)
    bridge = family.bridge()
    feed(bridge, settling(family, encoder, sample))
    [(channel, frame)] = encoder.encode(sample)
    length = data.draw(st.integers(1, len(frame) - 1))
    bridge.receive(channel, frame[:length], 1)
    if data.draw(st.booleans()):
        bridge.closed(2)
    events = [*bridge.opened(3), *bridge.receive(channel, frame[length:], 3)]
    assert readings(events) == []


@every_family
@law
@given(data=st.data())
def test_a_snapshot_at_any_byte_changes_nothing(family: Family, data: st.DataObject) -> None:
    straight, interrupted = family.bridge(), family.bridge()
    assert straight.opened(0) == interrupted.opened(0)
    for at, (channel, piece) in enumerate(smallest_steps(family, data.draw(accidents(family, family.encoder())))):
        resumed = family.bridge()
        resumed.restore(interrupted.snapshot())
        interrupted = resumed
        assert interrupted.receive(channel, piece, at) == straight.receive(channel, piece, at)
        assert interrupted.next_deadline() == straight.next_deadline()
    assert interrupted.snapshot() == straight.snapshot()


@every_family
def test_a_snapshot_of_another_family_is_refused(family: Family) -> None:
    for other in FAMILIES.values():
        if other is not family:
            with pytest.raises(ValueError):  # noqa: PT011 - msgspec words it as it likes
                family.bridge().restore(other.bridge().snapshot())


@every_family
@law
@given(data=st.data())
def test_a_reading_bears_the_time_of_its_frames_last_byte(family: Family, data: st.DataObject) -> None:
    frames = encoded(family.encoder(), data.draw(st.lists(samples(family, troubled(family)), max_size=6)))
    bridge = family.bridge()
    clock = ordinal = 0
    for frame in frames:
        *early, last = smallest_steps(family, [frame])
        for channel, piece in early:
            clock += 1
            assert readings(bridge.receive(channel, piece, clock)) == []
        clock += 1
        found = readings(bridge.receive(*last, clock))
        assert all(each.at == clock and each.frame > ordinal for each in found)
        ordinal = max((each.frame for each in found), default=ordinal)


@every_family
@law
@given(data=st.data(), shift=st.integers(0, 2**62))
def test_shifting_all_times_shifts_all_events(family: Family, data: st.DataObject, shift: int) -> None:
    frames = data.draw(accidents(family, family.encoder()))
    here, there = family.bridge(), family.bridge()
    assert here.opened(0) == there.opened(shift)
    for at, (channel, piece) in enumerate(frames):
        moved = [_moved(event, -shift) for event in there.receive(channel, piece, at + shift)]
        assert moved == here.receive(channel, piece, at)
    due, later = here.next_deadline(), there.next_deadline()
    assert (due is None and later is None) or (due is not None and later == due + shift)


def _moved(event: Event, by: int) -> Event:
    return event if isinstance(event, Send) else msgspec.structs.replace(event, at=event.at + by)


@every_family
def test_waking_early_changes_nothing_and_a_deadline_is_spent_by_firing(family: Family) -> None:
    bridge = family.bridge()
    bridge.opened(0)
    before = bridge.snapshot()
    due = bridge.next_deadline()
    assert bridge.wake(0 if due is None else due - 1) == []
    assert bridge.snapshot() == before
    if due is not None:
        assert bridge.wake(due) != []
        assert (bridge.next_deadline() or due + 1) > due
    bridge.closed(0)
    assert bridge.next_deadline() is None


@every_family
def test_a_family_declares_itself_truly(family: Family) -> None:
    vitals = [measure.vital for measure in family.measures]
    assert import_module(f"firmware_bridges.families.{family.name}").FAMILY is family
    assert vitals
    assert len(set(vitals)) == len(vitals)
    assert set(vitals) <= set(VITALS)
    assert family.title
    assert family.devices
    assert family.documents
    assert family.period > 0
    assert 0 <= family.check.catches_bit_flips <= 1
    assert {channel for channel, _ in encoded(family.encoder(), [Sample()])} <= set(channels(family))
