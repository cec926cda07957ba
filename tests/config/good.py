"""A good configuration, and what is wrong with a text: where the tests of this folder start."""

from __future__ import annotations

import re

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.gateway.config.load import parse_file, parse_ward

NAME = "config.yaml"

GOOD = """\
config_schema: 1
site: st-marys
ward: NO
gateway: gw-1
broker:
  host: broker.example
  port: 8884
  protocol: 5
  username: gw-1
  password: mqtt-password
  tls:
    ca: ca.pem
    certificate: gw.pem
    key: gw.key
  keepalive_s: 10
accept_unsigned_config: true
model: news2-7-within-6h-lr
consumers: [nurse-app]
settings:
  beds:
    - id: 012
      required: [spo2, pulse]
      sources:
        spo2: [ox-a, ox-b]
      patient:
        age_years: 81
        sex: female
        pregnant: false
      encounter: e-1
    - id: 13
      state: off-ward
      score: bedside_pews
      age_band: 4-12y
    - id: 14
      state: unassigned
  devices:
    - id: ox-a
      bed: 012
      family: contec_cms50_9byte
      port: /dev/ttyUSB0
      baudrate: 115200
      site: left earlobe
      expected:
        by_id: usb-Silicon_Labs_CP2102_0001-if00-port0
        usb_serial: 0001
        model: CMS50E
    - id: ox-b
      bed: 012
      family: bluetooth_pulse_oximeter
      address: C0:26:DA:00:12:34
      adapter: hci0
      expected:
        serial: 77-42
    - id: ox-c
      bed: 13
      family: contec_cms50_5byte
      port: /dev/ttyUSB1
      shared: false
    - id: mon-d
      bed: 14
      family: hl7_mllp_oru
      listen: 192.0.2.10:2575
      peers: [192.0.2.41]
  limits:
    spo2-low:
      limit: 91
      delay_s: 20
      burden: 50
      priority: high
      hysteresis: 2
      deep_limit: 86
      deep_delay_s: 4
      enabled: true
    temperature-high:
      limit: 38.4
  max_age_s:
    spo2: 12
  spot_interval_min: 240
  spot_max_age_min: 360
  telemetry_interval_s: 2
  news2_delay_s: 30
  spo2_fall: 6
  risk_alert_probability: 0.25
  shadow_model: news2-7-within-6h-cnn
  consumers:
    - id: nurse-app
      role: nurse
      tier: 1
    - id: doctor-app
      role: doctor
      tier: 2
  latch_high: true
  night:
    begins: 22:00
    ends: 06:00
    time_zone: Europe/Berlin
    medium:
      delay_s: 15
      tier: 1
    low:
      delay_s: 30
      tier: 1
    soft: true
  received_within_s: 15
  accepted_within_s: 180
  pause_most_s: 120
  acknowledge_most_s: 1800
local_output:
  gpio:
    chip: gpiochip0
    line: 17
    active_low: false
local_input:
  command: [button, --lines, 27]
"""


def problems(text: str | bytes) -> tuple[Problem, ...]:
    """Return what is wrong with a YAML text, nothing for a good one."""
    try:
        parse_file(text.encode() if isinstance(text, str) else text, NAME)
    except ConfigError as error:
        return error.problems
    return ()


def ward_problems(data: bytes) -> tuple[Problem, ...]:
    """Return what is wrong with the settings of a push."""
    try:
        parse_ward(data)
    except ConfigError as error:
        return error.problems
    return ()


def broken(*changes: tuple[str, str]) -> str:
    """Return `GOOD` with each (right, wrong) of `changes` made in it, once."""
    text = GOOD
    for right, wrong in changes:
        assert text.count(right) == 1, f"{right!r} stands {text.count(right)} times in it"
        text = text.replace(right, wrong)
    return text


def line_of(problem: Problem) -> int:
    """Return the line a problem points at."""
    found = re.fullmatch(rf"{NAME}:(\d+):\d+", problem.where)
    assert found, problem
    return int(found[1])
