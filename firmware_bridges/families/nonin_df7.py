"""Nonin oximeters in data format 7: three packets a second, with a 16-bit pulse wave.

All but the layout of a frame is shared with format 2.
Source: Nonin 6470-000-01, pages 12 to 15; devices.md section 2.4.
"""

from __future__ import annotations

from functools import partial

from firmware_bridges import nonin
from firmware_bridges.bridge import Check, Family, Measure, Mode, Strength
from firmware_bridges.nonin_packet import CONDITIONS, PERIOD, Layout, PacketEncoder, cutter, interpreter
from firmware_bridges.talker import TalkerBridge

FORMAT = 7
"""The number of the data format."""

LAYOUT = Layout(start=b"", wave=2)
"""A frame of this format."""

FAMILY = Family(
    name="nonin_df7",
    title="Nonin oximeters, data format 7",
    devices=("Xpod", "OEM III", "Onyx II 9560", "WristOx2 3150 (serial port profile)"),
    measures=(Measure("spo2", Mode.CONTINUOUS), Measure("pulse_rate", Mode.CONTINUOUS)),
    link=nonin.LINK,
    check=Check("8-bit sum of each of the 25 frames of a packet", Strength.WEAK, catches_bit_flips=1.0),
    period=PERIOD,
    documents=nonin.DOCUMENTS,
    bridge=partial(TalkerBridge, "nonin_df7", cutter(LAYOUT), interpreter(LAYOUT), prompt=nonin.prompt(FORMAT)),
    encoder=partial(PacketEncoder, LAYOUT),
    conditions=CONDITIONS,
)
