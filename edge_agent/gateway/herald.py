"""What the agent says of itself: state, birth, heartbeat, health, and the configuration in force."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial

from edge_agent import __version__
from edge_agent.domain.effects import AlertSystem, AudienceChanged
from edge_agent.domain.settings import Broker, LocalSettings, Protocol
from edge_agent.domain.trial import ModelDay
from edge_agent.gateway.clock import boottime
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.config.keeper import ConfigKeeper
from edge_agent.gateway.delivery.delivery import Delivery
from edge_agent.gateway.delivery.session import Presence, Station
from edge_agent.gateway.inspection import Inspection
from edge_agent.gateway.model_watch import Round
from edge_agent.gateway.mqtt import Endpoint, Inbound
from edge_agent.gateway.scoring import Scoring, Seat
from edge_agent.gateway.voice import Voice
from edge_agent.risk.scorer import Scorer
from edge_agent.wire import compose
from edge_agent.wire.outgoing import Draft, Stamp
from edge_agent.wire.payloads import PAYLOADS
from edge_agent.wire.payloads.birth import Birth, ModelVersion, born_beds, born_devices
from edge_agent.wire.payloads.health import LedgerLine
from edge_agent.wire.payloads.model import ModelState, model
from edge_agent.wire.payloads.state import Presence as Word
from edge_agent.wire.topics import Topics
from firmware_bridges.families import FAMILIES


class Herald:
    """Makes the drafts; sends nothing. `audience`: who listens, as the ward last said."""

    def __init__(self, topics: Topics, settings: LocalSettings, keeper: ConfigKeeper, scoring: Scoring) -> None:
        """Take what is spoken of."""
        self._topics, self._local, self._keeper, self._scoring = topics, settings, keeper, scoring
        self._inspection = Inspection(boottime())
        self.audience = AudienceChanged(boottime(), AlertSystem.DIS, ())

    def station(
        self, credentials: Credentials, stamp: Callable[[], Stamp], received: Callable[[Inbound], None]
    ) -> Station:
        """Return how delivery connects and greets. OSError when a credential cannot be read."""
        presence = Presence(
            will=partial(self._state, Word.OFFLINE),
            online=partial(self._state, Word.ONLINE),
            birth=self.birth,
            stopped=partial(self._state, Word.STOPPED),
            heartbeat=lambda: compose.heartbeat(self._topics, boottime()),
        )
        endpoint = _endpoint(self._local, credentials)
        return Station(endpoint, self._topics.subscriptions(), presence, compose.seal, stamp, received)

    def birth(self, number: int) -> Draft:
        """Return `birth` of connection `number` of this run."""
        ward, scorer = self._keeper.settings, self._scoring.used.scorer
        body = Birth(
            birth=number,
            agent=__version__,
            python=platform.python_version(),
            runtime="" if scorer is None else scorer.runtime,
            model=_version(scorer),
            shadow=_version(self._scoring.shadow.scorer),
            beds=born_beds(ward),
            devices=born_devices(ward, FAMILIES),
            schemas=tuple(PAYLOADS),
            alert_system=self.audience.system,
            listeners=self.audience.listeners,
            displays=self.audience.displays,
        )
        return compose.birth(self._topics, boottime(), body)

    def reported(self) -> Draft:
        """Return `config/reported`."""
        return compose.config_reported(self._topics, boottime(), self._keeper.report())

    def model(self, day: ModelDay) -> Draft:
        """Return `model`: the day of the risk model."""
        used, shadow = self._scoring.used, self._scoring.shadow
        on_trial = _model_state(shadow, day.shadow_answers or {}) if shadow.name else None
        return compose.model(self._topics, boottime(), model(day, _model_state(used, day.answers), on_trial))

    def shadows(self, scored: Round) -> list[Draft]:
        """Return what the model on trial said, a message a bed."""
        now = boottime()
        said = zip(scored.asked, scored.shadows or (), strict=False)
        return [compose.shadow(self._topics, now, wanted.bed, answer) for wanted, answer in said]

    def health(self, run: str, delivery: Delivery, voice: Voice) -> Draft:
        """Return `health` of `run`, with what `voice` knows of devices and profile."""
        now, stats = boottime(), delivery.stats()
        body = self._inspection.health(
            now,
            voice,
            queue_depth=stats.queue_depth,
            buffer_hours_left=stats.hours_left,
            ledger=self._ledger(run, delivery),
        )
        return compose.health(self._topics, now, body)

    def _ledger(self, run: str, delivery: Delivery) -> tuple[LedgerLine, ...]:
        """Return the ledger by kind of stream and run: what is not accepted and not dropped is queued."""
        lines: dict[tuple[str, str], LedgerLine] = {}
        for counts in delivery.ledger.lines():
            parsed = self._topics.parse(self._topics.root + counts.stream)
            key = (counts.run, parsed.name if parsed else counts.stream)
            before = lines.get(key)
            dropped = dict(before.dropped) if before else {}
            for reason, number in counts.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + number
            queued = counts.produced - counts.accepted - sum(counts.dropped.values())
            lines[key] = LedgerLine(
                stream=key[1],
                run=None if counts.run == run else counts.run,
                produced=counts.produced + (before.produced if before else 0),
                accepted=counts.accepted + (before.accepted if before else 0),
                queued=queued + (before.queued if before else 0),
                dropped=dropped,
                received=counts.received + (before.received if before else 0),
                acknowledged=counts.acknowledged + (before.acknowledged if before else 0),
            )
        return tuple(lines.values())

    def _state(self, word: Word, number: int) -> Draft:
        return compose.state(self._topics, boottime(), word, number)


def _version(scorer: Scorer | None) -> ModelVersion | None:
    return None if scorer is None else ModelVersion(scorer.manifest.name, scorer.model_sha256)


def _model_state(seat: Seat, answers: dict[str, int]) -> ModelState:
    scorer = seat.scorer
    name, sha256 = (seat.name, None) if scorer is None else (scorer.manifest.name, scorer.model_sha256)
    return ModelState(name=name, sha256=sha256, refused=seat.refused or None, answers=answers)


def _endpoint(local: LocalSettings, credentials: Credentials) -> Endpoint:
    broker: Broker = local.broker
    tls = broker.tls
    return Endpoint(
        host=broker.host,
        port=broker.port,
        client_id=f"{local.site}-{local.ward}-{local.gateway}",
        version_5=broker.protocol is Protocol.MQTT_5,
        keepalive_s=broker.keepalive_s,
        username=broker.username,
        password=credentials.password(broker) or "",
        ca=_file(credentials, tls.ca) if tls else "",
        certificate=_file(credentials, tls.certificate) if tls else "",
        key=_file(credentials, tls.key) if tls else "",
    )


def _file(credentials: Credentials, name: str) -> str:
    return str(credentials.file(name)) if name else ""
