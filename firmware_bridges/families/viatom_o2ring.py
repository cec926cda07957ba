"""Viatom (Wellue) O2Ring, Checkme O2 and SleepU: the older protocol of the wearable oximeters.

The ring answers when it is asked: who it is, once, and its live values every 2 s. It has files of past nights, which
are not asked for. Without a finger it goes on answering, and may go on sending numbers: its contact byte decides.
This is no specification of the maker's. The BP2 cuffs share the service with another protocol: bind a device by its
address.

Source: two independent public programs and the known answers of a third's tests (facts only); devices.md section 4.2.
"""

from __future__ import annotations

from functools import partial

import msgspec

from firmware_bridges import viatom
from firmware_bridges.asking import Asking, AskingBridge
from firmware_bridges.bridge import BleSettings, Check, Family, Measure, Mode, Sample, Strength
from firmware_bridges.framing import FrameError
from firmware_bridges.talker import Said
from firmware_bridges.vitals import Identity, Reason, Send

SERVICE = "14839ac4-7d7e-415c-9a42-167340cf2339"
WRITE = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"
NOTIFY = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"

OPEN, READ, CLOSE, INFO, PING, CONFIGURE, LIVE, WAVE = 0x03, 0x04, 0x05, 0x14, 0x15, 0x16, 0x17, 0x1B
"""Commands; only `INFO` and `LIVE` are sent by this bridge."""

HOST, DEVICE = 0xAA, 0x55
"""First bytes of a command and of a reply."""

PERIOD = 2_000_000_000
"""Between two questions for live values, ns: what the maker's app does."""

_LIVE_SIZE = 12
_OFF_FINGER = 0
_PI_STEP = 10
_BATTERY = 85


class Live(msgspec.Struct, frozen=True):
    """Live values as sent: SpO2 in %, pulse in /min, `pi_raw` in 0.1 %, None for no reading; `battery` in %."""

    spo2: int | None
    pulse_rate: int | None
    steps: int
    battery: int
    battery_state: int
    motion: int
    pi_raw: int | None
    lead_on: bool


class Info(msgspec.Struct, frozen=True):
    """What of the JSON that the ring says of itself is used."""

    model: str = msgspec.field(name="Model", default="")
    hardware: str = msgspec.field(name="HardwareVer", default="")
    software: str = msgspec.field(name="SoftwareVer", default="")
    serial: str = msgspec.field(name="SN", default="")


def command(code: int, payload: bytes = b"", block: int = 0) -> bytes:
    """Return a command as sent."""
    return viatom.pack(HOST, code, block.to_bytes(2, "little"), payload)


def parse_live(payload: bytes) -> Live:
    """Take the payload of a reply to `LIVE` apart; FrameError("truncated") if it is too short."""
    if len(payload) < _LIVE_SIZE:
        raise FrameError("truncated")
    return Live(
        spo2=viatom.number(payload[0]),
        pulse_rate=viatom.number(int.from_bytes(payload[1:3], "little")),
        steps=int.from_bytes(payload[3:7], "little"),
        battery=payload[7],
        battery_state=payload[8],
        motion=payload[9],
        pi_raw=viatom.number(payload[10]),
        lead_on=payload[11] != _OFF_FINGER,
    )


def interpret(data: bytes, at: int, ordinal: int) -> Said:
    """Judge live values by the contact byte; read who the ring is. FrameError("refused") for a status that is not 0."""
    packet = viatom.unpack(data)
    if packet.code != 0:
        raise FrameError("refused")
    if packet.payload.startswith(b"{"):
        return Said(identity=_identity(packet.payload, at))
    if not packet.payload:
        return Said()
    frame = parse_live(packet.payload)
    reasons = [] if frame.lead_on else [Reason.SENSOR_OFF]
    pi = None if frame.pi_raw is None else frame.pi_raw * _PI_STEP
    values = {"spo2": frame.spo2, "pulse_rate": frame.pulse_rate, "perfusion_index": pi}
    return Said(viatom.live(at, ordinal, values, reasons), viatom.status(at, reasons, frame.battery))


def _identity(payload: bytes, at: int) -> Identity:
    try:
        said = msgspec.json.decode(payload.rstrip(b"\0 "), type=Info)
    except msgspec.DecodeError as error:
        raise FrameError("information") from error
    return Identity(at, "Viatom", said.model, said.serial, hardware=said.hardware, software=said.software)


class Encoder:
    """The ring's side: the reply to one question for live values per sample; perfusion in steps of 0.1 %.

    Says SENSOR_OFF, and then sends no numbers. What the protocol cannot hold is sent as no reading.
    """

    def encode(self, sample: Sample) -> list[tuple[str, bytes]]:
        """Return the reply with the values of `sample`; a vital that it lacks is no reading."""
        off = Reason.SENSOR_OFF in sample.conditions
        values = {} if off else sample.values
        rate = values.get("pulse_rate", 0)
        live = bytes((_byte(values.get("spo2", 0)),)) + min(rate, 0xFFFF).to_bytes(2, "little") + bytes(4)
        live += bytes((_BATTERY, 0, 0, _byte(values.get("perfusion_index", 0) // _PI_STEP), int(not off)))
        return [(NOTIFY, viatom.pack(DEVICE, 0, b"\0\0", live))]


def _byte(value: int) -> int:
    return value if 0 < value < 0xFF else 0  # noqa: PLR2004 - FF, like 0, says "no reading"


FAMILY = Family(
    name="viatom_o2ring",
    announces=("model", "serial"),
    title="Viatom O2Ring, Checkme O2, SleepU (older protocol)",
    devices=("Wellue O2Ring", "Viatom Checkme O2", "Viatom SleepU"),
    measures=(
        Measure("spo2", Mode.CONTINUOUS),
        Measure("pulse_rate", Mode.CONTINUOUS),
        Measure("perfusion_index", Mode.CONTINUOUS),
    ),
    link=BleSettings(service=SERVICE, subscribe=(NOTIFY,)),
    check=Check("CRC-8, over Bluetooth's own CRC", Strength.STRONG, catches_bit_flips=1.0),
    period=PERIOD,
    documents=("none of the maker's: independent public programs that agree",),
    bridge=partial(
        AskingBridge,
        "viatom_o2ring",
        interpret,
        cut=viatom.cut(DEVICE),
        begins=viatom.begins(DEVICE),
        channel=NOTIFY,
        asking=Asking(
            (Send(WRITE, command(INFO)), Send(WRITE, command(LIVE))), ((Send(WRITE, command(LIVE)),),), PERIOD
        ),
    ),
    encoder=Encoder,
    resync_frames=0,
    official=False,
    caution="a wellness sensor for the night, with values every 2 s",
    conditions=(Reason.SENSOR_OFF,),
    identity="the ring's serial number, never a patient",
)
