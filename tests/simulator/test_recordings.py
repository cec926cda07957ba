"""Real patients come from a file in the same shape as virtual ones, drop-outs included."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from edge_agent.domain.errors import AgentError
from edge_agent.domain.settings import SECOND
from edge_agent.domain.windows import Patient
from edge_agent.simulator.recordings import BIDMC, read
from firmware_bridges.vitals import VITALS
from tests import paths

TWO = "rec,age,sex,t,HR,PULSE,RESP,SpO2\n1,88,M,0,94.0,93.0,25.0,97.0\n1,88,M,2,,93.0,25.0,nan\n7,30,F,0,60,61,12,99\n"


def test_a_patient_is_who_the_file_says_and_a_drop_out_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(TWO)
    patient = read(path)
    assert patient.person == Patient(age_years=88, sex="male")
    assert patient.sample(0) == {"heart_rate": 94, "pulse_rate": 93, "respiratory_rate": 25, "spo2": 97}
    assert patient.sample(1 * SECOND) == {}
    assert patient.sample(3 * SECOND - 1) == {"pulse_rate": 93, "respiratory_rate": 25}
    assert patient.sample(3 * SECOND) == patient.sample(0), "starts over at its end"
    assert read(path, "7").sample(0)["spo2"] == 99


def test_columns_may_be_named_by_vital(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("t,temperature,systolic\n10,37.25,121\n")
    assert read(path).sample(0) == {"temperature": 373, "systolic": 121}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("t,HR\n", "no rows"),
        ("when,HR\n0,60\n", "needs t"),
        ("t,shoe\n0,43\n", "needs t and a vital"),
        ("t,HR\nsoon,60\n", "whole number of seconds"),
        ("t,HR\n0,fast\n", "not a number"),
        ("t,HR\n0,1e10\n", "not a vital sign"),
        ("HR,t\n60\n", "t = None is no whole number"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(AgentError, match=complaint) as error:
        read(path)
    assert str(path) in str(error.value)


def test_real_patients_are_read_second_by_second() -> None:
    path = paths.data("bidmc_numerics_1hz.csv.gz")
    patient = read(path, "1")
    with gzip.open(path, "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["rec"] == "1"]
    assert len(patient.seconds) == len(rows)
    for row in rows:
        expected = {code: float(row[name]) for name, code in BIDMC.items() if row[name]}
        sample = patient.sample(int(row["t"]) * SECOND)
        assert {code: float(VITALS[code].decimal(value)) for code, value in sample.items()} == expected
