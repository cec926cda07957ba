"""Labelled recordings are frozen: published figures rest on them."""

from __future__ import annotations

from hashlib import sha256
from itertools import islice

from edge_agent.simulator.labelled import DEVICES, LabelledBed
from edge_agent.simulator.labels import ARTEFACTS, EVENTS
from firmware_bridges.vitals import VITALS

HOUR = 3600
FROZEN = "2567332cf4028f617d00f2cad28b8403f986795ab67f091a2c4057c616ce0607"
"""SHA-256 of the first hour of beds 0 and 1 of seed 1."""


def test_the_recordings_are_those_the_figures_were_made_with() -> None:
    said = sha256()
    for bed in range(2):
        for samples in islice(LabelledBed(1, bed, 24).seconds(), HOUR):
            said.update(repr([(samples[d].values, sorted(samples[d].conditions)) for d in DEVICES]).encode())
    assert said.hexdigest() == FROZEN


def test_a_label_is_beyond_its_limit_in_every_second_and_in_every_source() -> None:
    bed = LabelledBed(1, 2, 24)
    seconds = list(bed.seconds())
    labels = bed.labels()
    assert labels
    for label in labels:
        event = next(each for each in EVENTS if (each.rule, each.deep) == (label.rule, label.deep))
        for samples in seconds[label.crossed : label.end]:
            shown = [v for s in samples.values() for n, v in s.values.items() if VITALS[n].quantity == event.quantity]
            assert shown
            assert all(v < event.limit if label.rule.endswith("-low") else v > event.limit for v in shown)


def test_beds_differ_and_every_eighth_hovers_at_the_limit() -> None:
    assert [bed for bed in range(24) if LabelledBed(1, bed, 24).hovers] == [0, 8, 16]
    first = [next(iter(LabelledBed(1, bed, 24).seconds())) for bed in range(8)]
    assert len({repr(samples) for samples in first}) == 8


def test_every_kind_lasts_and_is_as_deep_as_its_row_may() -> None:
    for each in (*ARTEFACTS, *EVENTS):
        shortest, longest, usual = each.lasts
        assert 0 < shortest <= usual <= longest
        assert each.depth[0] <= each.depth[1]
    assert all(event.lasts[0] > 2 * event.ramp for event in EVENTS)
