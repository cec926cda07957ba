"""Messages of an HL7 monitor for tests, and what a bridge makes of them."""

from __future__ import annotations

from firmware_bridges.bridge import SERIAL
from firmware_bridges.families.hl7_mllp_oru import Decoder
from firmware_bridges.mllp import wrap
from firmware_bridges.vitals import Event, Malformed, Reading, Send

SECOND = 1_000_000_000
SPO2 = "150456^MDC_PULS_OXIM_SAT_O2^MDC"
CUFF = "150021^MDC_PRESS_BLD_NONINV_SYS^MDC"
NOON = "20260301120000"


def header(  # noqa: PLR0913 - one argument per field of a header that decides
    *,
    control: str = "1",
    time: str = NOON,
    kind: str = "ORU^R01^ORU_R01",
    mode: str = "P",
    version: str = "2.6",
    wants: str = "",
    sender: str = "MONITOR^77^EUI-64",
) -> str:
    return rf"MSH|^~\&|{sender}||||{time}||{kind}|{control}|{mode}|{version}{wants}"


def obx(  # noqa: PLR0913, PLR0917 - one argument per field of a result that decides, in their order
    code: str = SPO2, value: str = "97", unit: str = "%", flags: str = "", status: str = "R", time: str = ""
) -> str:
    return f"OBX|1|NM|{code}||{value}|{unit}||{flags}|||{status}|||{time}"


def said(*segments: str, bridge: Decoder | None = None, at: int = 0) -> list[Event]:
    """Return what a bridge makes of one message."""
    return (bridge or Decoder()).receive(SERIAL, wrap(segments), at)


def readings(events: list[Event]) -> list[Reading]:
    return [event for event in events if isinstance(event, Reading)]


def one(*segments: str, bridge: Decoder | None = None, at: int = 0) -> Reading:
    (found,) = readings(said(*segments, bridge=bridge, at=at))
    return found


def answers(events: list[Event]) -> list[list[str]]:
    """Return the fields of the MSA segment of each answer."""
    sent = b"".join(event.data for event in events if isinstance(event, Send))
    return [line.split("|") for line in sent.decode("ascii").split("\r") if line.startswith("MSA")]


def why(events: list[Event]) -> list[str]:
    return [event.why for event in events if isinstance(event, Malformed)]
