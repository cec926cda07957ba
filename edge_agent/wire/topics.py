"""Every topic the agent speaks or hears, in one table: what goes where, with which QoS, retained or not, for how long.

The root is `bedside/v1/{site}/{ward}/{gateway}/`; ids are letters, digits, _ and -, so none has a wildcard or level.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

import msgspec

_ID = "[A-Za-z0-9_-]{1,64}"
_IS_ID = re.compile(_ID)
_HOLE = re.compile(r"\{(\w+)\}")


class Direction(str, Enum):
    """Who publishes: the agent (out), others (in), or the agent to itself through the broker (echo)."""

    OUT = "out"
    IN = "in"
    ECHO = "echo"


class Topic(NamedTuple):
    """One row. `template` is the part below the root; `expires_s` the MQTT message expiry, None for never.

    `schema` names the payloads (their ids without prefix and version), "" where none is defined yet.
    """

    name: str
    template: str
    direction: Direction
    qos: int
    retain: bool
    expires_s: int | None
    schema: str
    meaning: str


OUT, IN, ECHO = Direction.OUT, Direction.IN, Direction.ECHO

RETAINED, PASSING = True, False

COMMANDS = (
    *("observe", "claim", "quiet"),
    *("admit", "discharge", "transfer", "swap", "off-ward", "return", "limits"),
)
"""What may be asked for: of the gateway and its measurements, and of the patients in its beds."""

TOPICS: dict[str, Topic] = {
    row.name: row
    for row in (
        Topic("state", "state", OUT, 1, RETAINED, None, "state", "online, offline (the will) or stopped"),
        Topic(
            "birth", "birth", OUT, 1, RETAINED, None, "birth", "versions, model, devices, beds, schemas, alert system"
        ),
        Topic("health", "health", OUT, 0, PASSING, 90, "health", "every 30 s: queues, links, clock, load, ledger"),
        Topic("heartbeat", "heartbeat", ECHO, 0, PASSING, 10, "heartbeat", "the agent hears itself through the broker"),
        Topic("vitals", "bed/{bed}/vitals", OUT, 1, PASSING, 60, "vitals", "one message per bed and interval"),
        Topic("waveform", "bed/{bed}/waveform/{channel}", OUT, 0, PASSING, 10, "", "optional, off by default"),
        Topic(
            "score", "bed/{bed}/score", OUT, 1, PASSING, 60, "score", "NEWS2 with its parts; risk, or why there is none"
        ),
        Topic("shadow", "bed/{bed}/shadow", OUT, 0, PASSING, 60, "shadow", "a model on trial; it never alerts"),
        Topic("model", "model", OUT, 1, RETAINED, None, "model", "every hour: answers, drift, a model on trial"),
        Topic("alert", "bed/{bed}/alert", OUT, 1, PASSING, None, "alert", "every alert event of a bed"),
        Topic("alerts", "bed/{bed}/alerts", OUT, 1, RETAINED, None, "alerts", "present alerts and the bed's state"),
        Topic(
            "suppressed",
            "bed/{bed}/suppressed",
            OUT,
            1,
            PASSING,
            None,
            "suppressed",
            "what a plain limit would have said",
        ),
        Topic("gateway-alert", "alert", OUT, 1, PASSING, None, "alert", "every alert event of the gateway itself"),
        Topic("gateway-alerts", "alerts", OUT, 1, RETAINED, None, "alerts", "present alerts of the gateway itself"),
        Topic(
            "receipt", "bed/{bed}/receipt/{consumer}", IN, 1, PASSING, None, "receipt", "what became of an alert event"
        ),
        Topic(
            "receipt-result",
            "bed/{bed}/receipt/{consumer}/result",
            OUT,
            1,
            PASSING,
            None,
            "receipt-result",
            "whether it counts; who has the alert",
        ),
        Topic(
            "gateway-receipt",
            "receipt/{consumer}",
            IN,
            1,
            PASSING,
            None,
            "receipt",
            "the same of a gateway's alert event",
        ),
        Topic(
            "gateway-receipt-result",
            "receipt/{consumer}/result",
            OUT,
            1,
            PASSING,
            None,
            "receipt-result",
            "whether it counts; who has the alert",
        ),
        Topic("listener", "listener/{consumer}", IN, 1, PASSING, None, "listening", "a program says that it listens"),
        Topic(
            "vitals-history", "history/bed/{bed}/vitals", OUT, 1, PASSING, None, "vitals stored", "late vitals; memory"
        ),
        Topic("score-history", "history/bed/{bed}/score", OUT, 1, PASSING, None, "score", "late scores"),
        Topic(
            "alert-history", "history/bed/{bed}/alert", OUT, 1, PASSING, None, "alert", "events of alerts already over"
        ),
        Topic(
            "gateway-alert-history", "history/alert", OUT, 1, PASSING, None, "alert", "the same of the gateway itself"
        ),
        Topic("missed", "history/bed/{bed}/missed", OUT, 1, PASSING, None, "missed", "alerts nobody heard of"),
        Topic("gateway-missed", "history/missed", OUT, 1, PASSING, None, "missed", "the same of the gateway itself"),
        Topic("config-desired", "config/desired", IN, 1, RETAINED, None, "config-desired", "IT's wish, versioned"),
        Topic(
            "config-reported", "config/reported", OUT, 1, RETAINED, None, "config-reported", "what runs; last refusal"
        ),
        Topic(
            "command",
            "command/{command}",
            IN,
            1,
            PASSING,
            None,
            " ".join(f"command-{each}" for each in COMMANDS),
            f"a request: {', '.join(COMMANDS)}",
        ),
        Topic("command-result", "command/{command}/result", OUT, 1, PASSING, None, "command-result", "its answer"),
    )
}
"""Every topic by name, in the order of display."""


class Parsed(NamedTuple):
    """A topic taken apart: the row's name and what stood in its holes."""

    name: str
    fields: dict[str, str]


class Topics(msgspec.Struct, frozen=True):
    """The topics of one gateway. Raises ValueError for an id that is none."""

    site: str
    ward: str
    gateway: str

    def __post_init__(self) -> None:
        """Refuse ids that would change the shape of a topic."""
        _check(self.site, self.ward, self.gateway)

    @property
    def root(self) -> str:
        """Return what all topics begin with, the last slash included."""
        return f"bedside/v1/{self.site}/{self.ward}/{self.gateway}/"

    def topic(self, name: str, **fields: str) -> str:
        """Return the complete topic `name`. KeyError for an unknown name or unfilled hole, ValueError for a bad id."""
        return self.root + stream(name, **fields)

    def history(self, of: str) -> str:
        """Return the topic of a stream's backlog, so that "now" never moves backwards."""
        return f"{self.root}history/{of}"

    def parse(self, topic: str) -> Parsed | None:
        """Take a complete topic apart; None for one that is not this gateway's or not in the table."""
        if not topic.startswith(self.root):
            return None
        below = topic[len(self.root) :]
        for name, pattern in _PATTERNS.items():
            if match := pattern.fullmatch(below):
                return Parsed(name, match.groupdict())
        return None

    def subscriptions(self) -> list[tuple[str, int]]:
        """Return (filter, QoS) for everything this gateway hears."""
        return [
            (self.root + _HOLE.sub("+", row.template), row.qos) for row in TOPICS.values() if row.direction is not OUT
        ]


def stream(name: str, **fields: str) -> str:
    """Return a topic's part below the root: the name of the sequence its messages count in, such as bed/3/alert."""
    _check(*fields.values())
    return TOPICS[name].template.format(**fields)


def is_id(text: str) -> bool:
    """Tell whether `text` may be part of a topic: letters, digits, _ and -, at most 64."""
    return _IS_ID.fullmatch(text) is not None


def _check(*ids: str) -> None:
    for each in ids:
        if not is_id(each):
            raise ValueError(f"{each!r} cannot be part of a topic: letters, digits, _ and - only, at most 64")


_PATTERNS = {name: re.compile(_HOLE.sub(rf"(?P<\1>{_ID})", row.template)) for name, row in TOPICS.items()}
