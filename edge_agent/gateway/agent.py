"""The whole agent, wired: from its settings until it is told to stop, everything runs on this one loop."""

from __future__ import annotations

import asyncio
import platform
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
import structlog

from edge_agent import __version__
from edge_agent.bedside.ward import Ward
from edge_agent.domain.effects import AudienceChanged, LinkState
from edge_agent.domain.errors import RestartWantedError
from edge_agent.domain.inputs import GatewayFact, Input, NobodyListened, SettingsApplied, Started, Wake
from edge_agent.domain.settings import SECOND, WardSettings
from edge_agent.gateway import memory
from edge_agent.gateway.clock import WallClock, boot_id, boottime
from edge_agent.gateway.commands import Commands
from edge_agent.gateway.config.credentials import Credentials
from edge_agent.gateway.config.effective import Diff
from edge_agent.gateway.config.keeper import ConfigKeeper, Outcome
from edge_agent.gateway.config.last_good import OwnFile
from edge_agent.gateway.config.store import ConfigStore
from edge_agent.gateway.core import Core
from edge_agent.gateway.delivery.delivery import Delivery
from edge_agent.gateway.delivery.tools import Hooks
from edge_agent.gateway.herald import Herald
from edge_agent.gateway.links import Links
from edge_agent.gateway.local.kinds import input_of, output_of
from edge_agent.gateway.local.output import LocalOutput
from edge_agent.gateway.local.pressing import listen
from edge_agent.gateway.model_watch import KEY as MODEL_KEY
from edge_agent.gateway.model_watch import ModelWatch, Round
from edge_agent.gateway.mqtt import Inbound
from edge_agent.gateway.night_clock import tell_time
from edge_agent.gateway.recorder import FORMAT, Header, Recorder, append
from edge_agent.gateway.scoring import FOLDER, Scoring
from edge_agent.gateway.store.records import Opening
from edge_agent.gateway.store.store import Store
from edge_agent.gateway.systemd import Notifier
from edge_agent.gateway.voice import Hands, Voice
from edge_agent.wire.outgoing import Draft, Outgoing, Stamp
from edge_agent.wire.topics import Topics

HEALTH_S = 30.0
MODEL_S = 3600.0
REMEMBER_S = 300.0
WATCH_S = 1.0
RESTART_AFTER_S = 3 * 3600.0
"""A run asks for a restart no sooner, so restarts that do not help come no more often either."""

log = structlog.get_logger(__name__)


class Agent:
    """One gateway. `run` returns after SIGTERM or SIGINT; a defect in the core ends it with that error."""

    def __init__(self, own: OwnFile, state: Path, credentials: Credentials) -> None:
        """Take sound settings and an existing state directory; nothing is opened yet."""
        self._settings, self._state, self._credentials = own.settings, state, credentials
        self._file_trouble = own.trouble
        self._run, self._began = str(uuid4()), boottime()
        self._clock = WallClock()
        local = own.settings.local
        self._topics = Topics(local.site, local.ward, local.gateway)
        self._moving: set[str] = set()
        self._handled = 0
        self._recording: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: asyncio.Future[None]

    async def run(self) -> None:
        """Start everything in its order, work until told to stop, and end everything in its order."""
        loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        self._notifier = Notifier()
        await asyncio.to_thread(self._clock.refresh)
        opening = await self._open_store()
        await self._build(opening)
        await self._begin(opening)
        try:
            await self._over
        finally:
            await self._end()

    # ------------------------------------------------------------------------------------------------ start

    async def _open_store(self) -> Opening:
        self._store = Store(self._state, troubled=self._disk_troubled, noted=self._disk_noted)
        return await self._store.open()

    async def _build(self, opening: Opening) -> None:
        """Make the parts; none of them acts yet."""
        ward = Ward()
        self._commands = Commands(self._topics, self._stamp, self._take, self._publish, self._store.audit)
        self._restored = self._restore(ward, opening)
        self._keeper = ConfigKeeper(
            ConfigStore(self._state / "config"),
            self._settings.ward,
            self._apply,
            ward.protected_beds,
            accept_unsigned=self._settings.local.accept_unsigned_config,
        )
        self._keeper.file_trouble = self._file_trouble
        await asyncio.to_thread(self._keeper.start)
        self._scoring = Scoring(self._take, self._scored, self._state / FOLDER)
        self._model_watch = ModelWatch(boottime())
        self._restore_model_day(opening)
        self._links = Links(
            self._take_from_link, self._link_failed, on_stuck=self._stuck, credentials=self._credentials
        )
        self._herald = Herald(self._topics, self._settings.local, self._keeper, self._scoring)
        hooks = Hooks(trouble=self._trouble, nobody_listens=self._nobody_listens)
        station = self._herald.station(self._credentials, self._stamp, self._received)
        self._delivery = Delivery(self._store, opening, station, hooks)
        header = Header(FORMAT, __version__, platform.python_version(), self._run, boot_id(), "")
        recordings = self._state / "recordings"
        await asyncio.to_thread(recordings.mkdir, mode=0o750, exist_ok=True)
        self._recorder = Recorder(recordings, header, ward.snapshot, self._append)
        output = output_of(self._settings.local.local_output)
        self._output = LocalOutput(output, partial(self._fact, "local-output-failed"))
        hands = Hands(
            outlet=self._delivery,
            remember=self._memory,
            send=self._links.send,
            ask=self._scoring.ask,
            freeze=self._recorder.freeze,
            hang_up=self._links.hang_up,
            audit=self._store.audit,
            sound=self._output.sound,
            heard_by=self._heard_by,
        )
        self._voice = Voice(self._topics, self._stamp, hands)
        self._core = Core(ward, self._recorder, self._voice.speak, self._core_failed)

    async def _begin(self, opening: Opening) -> None:
        """Watch first, connect second: a bed is watched from the first moment, broker or not."""
        displays = self._settings.local.consumers
        self._take(Started(self._run, boot_id(), self._restored, opening.crashed, displays))
        self._take(SettingsApplied(self._keeper.settings))
        fallback = self._keeper.fact(boottime())
        if fallback.present:
            self._take(fallback)
        await self._links.start_missing(self._keeper.settings.devices)
        await self._delivery.start()
        self._publish(self._herald.reported())
        self._every(WATCH_S, self._watch)
        self._every(HEALTH_S, self._health)
        self._every(REMEMBER_S, self._keep_memory)
        self._every(MODEL_S, self._tell_model)
        self._spawn(self._load_model())
        self._spawn(self._output.run())
        self._spawn(tell_time(lambda: self._keeper.settings.night, self._stamp, self._take))
        self._spawn(listen(input_of(self._settings.local.local_input), self._take))
        log.info("started", run=self._run, version=__version__, beds=len(self._keeper.settings.beds))
        self._notifier.ready(self._status())

    def _restore(self, ward: Ward, opening: Opening) -> bool:
        """Load the last run's state; what cannot be read is reported and left behind, never guessed at."""
        data = opening.memory.get(memory.KEY)
        if data is None:
            return False
        try:
            kept = memory.decode(data)
            memory.restore(ward, kept, boottime(), self._stamp())
        except msgspec.MsgspecError as error:
            log.warning("the last run's state cannot be read and is left behind", error=str(error))
            self._store.audit(f"ward state of the last run left behind: {error}")
            return False
        self._commands.remember(kept.done)
        return True

    def _restore_model_day(self, opening: Opening) -> None:
        """Go on with the model's day; one that cannot be read is begun anew."""
        try:
            self._model_watch.restore(opening.memory[MODEL_KEY])
        except (KeyError, msgspec.MsgspecError) as error:
            log.info("the model's day begins anew", why=repr(error))

    async def _load_model(self) -> None:
        """Open the models of the settings in force; each runs its golden vectors first, or is refused."""
        used, shadow = self._scoring.used, self._scoring.shadow
        await self._scoring.load(*self._models(self._keeper.settings))
        self._model_watch.models(used.scorer, shadow.scorer)
        for seat in (used, shadow):
            if seat.refused:
                log.error("model refused", name=seat.name, why=seat.refused)
        self._fact("model-refused", used.refused)
        self._reborn()
        self._tell_model()

    def _models(self, ward: WardSettings) -> tuple[str, str]:
        """Return the names of the model in use and of the one on trial."""
        return ward.model or self._settings.local.model, ward.shadow_model

    # ------------------------------------------------------------------------------------------------ work

    def _take(self, given: Input) -> None:
        self._core.take(given)

    def _take_from_link(self, given: Input) -> None:
        """Take what a link reports, unless its device is just being given to another bed or line."""
        if getattr(given, "device", "") not in self._moving:
            self._take(given)

    def _fact(self, code: str, detail: str, devices: tuple[str, ...] = ()) -> None:
        self._take(GatewayFact(code, bool(detail), detail, boottime(), devices))

    def _received(self, message: Inbound) -> None:
        parsed = self._topics.parse(message.topic)
        if parsed is None:
            return
        if parsed.name == "config-desired":
            self._spawn(self._configure(message.payload))
        else:
            self._commands.hear(parsed, message.payload, retained=message.retain)

    async def _configure(self, payload: bytes) -> None:
        outcome = await self._keeper.receive(payload, boottime(), self._stamp())
        if outcome is not Outcome.UNCHANGED:
            log.info("configuration", outcome=outcome.value, version=self._keeper.settings.version)
            self._store.audit(f"configuration {outcome.value}, running version {self._keeper.settings.version}")
            self._take(self._keeper.fact(boottime()))
            self._publish(self._herald.reported())

    def _apply(self, ward: WardSettings, changes: Diff) -> None:
        """Put new settings into force.

        Changed devices are deaf until their new links open; the others notice nothing.
        """
        if self._models(ward) != (self._scoring.used.name, self._scoring.shadow.name):
            self._spawn(self._load_model())
        changed = {*changes.devices_removed, *changes.devices_changed}
        self._moving |= changed
        self._take(SettingsApplied(ward))
        self._voice.forget(changed)
        self._spawn(self._relink(ward, changed))

    async def _relink(self, ward: WardSettings, changed: set[str]) -> None:
        await self._links.stop_changed(ward.devices)
        self._moving -= changed
        await self._links.start_missing(ward.devices)
        self._reborn()

    def _reborn(self) -> None:
        """Say again what changed since the greeting."""
        connections = self._delivery.stats().connections
        if connections:
            self._publish(self._herald.birth(connections))

    def _heard_by(self, audience: AudienceChanged) -> None:
        self._herald.audience = audience
        self._reborn()

    def _watch(self) -> None:
        """Feed the watchdog, but only if the core has handled something since.

        A bed alone gives it a deadline a second.
        """
        if not self._keeper.settings.beds:
            self._take(Wake())
        if self._core.handled != self._handled:
            self._handled = self._core.handled
            self._notifier.alive(self._status())

    def _health(self) -> None:
        self._publish(self._herald.health(self._run, self._delivery, self._voice))
        self._spawn(asyncio.to_thread(self._clock.refresh))

    def _scored(self, scored: Round) -> None:
        """Count a round of answers, and tell what a model on trial said."""
        self._model_watch.count(scored, self._keeper.settings.risk_alert_probability)
        for draft in self._herald.shadows(scored):
            self._publish(draft)

    def _tell_model(self) -> None:
        day = self._model_watch.day(boottime(), self._keeper.settings.risk_alert_probability)
        self._publish(self._herald.model(day))

    def _keep_memory(self) -> None:
        self._store.remember({**self._memory(), MODEL_KEY: self._model_watch.encode(boottime())})

    def _memory(self) -> dict[str, bytes]:
        stamp = self._stamp()
        return {memory.KEY: memory.encode(self._core.ward.snapshot(), boottime(), stamp, self._commands.done)}

    def _stamp(self) -> Stamp:
        return self._clock.stamp(self._run)

    def _publish(self, draft: Draft) -> None:
        self._delivery.publish(draft)

    def _status(self) -> str:
        stats, links = self._delivery.stats(), self._voice.links.values()
        streaming = sum(link.state is LinkState.STREAMING for link in links)
        broker = "connected" if stats.connected else f"no broker ({stats.last_error})"
        devices = len(self._keeper.settings.devices)
        return f"{broker}; {streaming} of {devices} devices streaming; {stats.queue_depth} messages queued"

    # ------------------------------------------------------------------------------------------------ trouble

    def _trouble(self, code: str, present: bool, detail: str) -> None:  # noqa: FBT001 - the hook's own signature
        self._take(GatewayFact(code, present, detail, boottime()))

    def _nobody_listens(self, message: Outgoing) -> None:
        """Let the ward know that the broker took an alert nobody is subscribed to."""
        parsed = self._topics.parse(message.topic)
        if message.event_id and parsed is not None and parsed.name == "alert":
            log.warning("nobody listens", topic=message.topic, event_id=message.event_id)
            self._take(NobodyListened(parsed.fields["bed"], message.event_id, boottime()))

    def _disk_troubled(self, detail: str) -> None:
        self._fact("storage-failed", detail)

    def _disk_noted(self, text: str) -> None:
        log.error("store", note=text)
        self._store.audit(text)

    def _link_failed(self, name: str, error: Exception) -> None:
        log.error("a link failed and is started again", link=name, error=repr(error))

    def _stuck(self, why: str) -> None:
        """Ask the service manager for a fresh process, by ending with an error: the last that can be tried."""
        if self._notifier.supervised and boottime() - self._began >= RESTART_AFTER_S * SECOND:
            log.critical("asking to be restarted", why=why)
            self._store.audit(f"restart asked for: {why}")
            self._fail(RestartWantedError(why))

    def _core_failed(self, error: BaseException) -> None:
        log.critical("the core failed: ending, to be started again from the last stored state", exc_info=error)
        self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    def _append(self, path: Path, data: bytes) -> None:
        """Write recordings in their order, off the loop. A disk that fails costs the recording, never an alert."""
        self._recording = asyncio.ensure_future(self._write_after(self._recording, path, data))

    async def _write_after(self, before: asyncio.Future[None] | None, path: Path, data: bytes) -> None:
        if before is not None:
            await before
        try:
            await asyncio.to_thread(append, path, data)
        except OSError as error:
            log.warning("recording not written", path=str(path), error=error.strerror)

    # ------------------------------------------------------------------------------------------------ tasks and end

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                work()

        self._spawn(repeat())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._core_failed(error)

    def _stop(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def _end(self) -> None:
        """Stop reading, keep the last state, give a last account, say `stopped`, close the store."""
        self._notifier.stopping()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._moving.update(device.id for device in self._keeper.settings.devices)  # that we hang up is no loss
        await self._links.close()
        self._core.stop()
        self._scoring.close()
        self._recorder.finish()
        if self._recording is not None:
            await self._recording
        await self._store.remember({**self._memory(), MODEL_KEY: self._model_watch.encode(boottime())})
        self._publish(self._herald.health(self._run, self._delivery, self._voice))
        await self._delivery.stop()
        await self._store.close()
        log.info("stopped", run=self._run)
