"""Runs the story against real parts: a broker, virtual devices on ptys, and the agent as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec.structs import replace

from edge_agent.cli.stage.audience import Audience
from edge_agent.cli.stage.broker import LOOPBACK, EmbeddedBroker
from edge_agent.cli.stage.line import Line
from edge_agent.cli.stage.past import leave, snapshot
from edge_agent.cli.stage.process import AgentProcess
from edge_agent.cli.stage.props import Props
from edge_agent.cli.stage.requests import desired, observations, utc_now
from edge_agent.cli.stage.setting import BAD_LIMIT, GOOD_LIMIT, TOPICS, gateway_file, ward
from edge_agent.cli.stage.story import Event, Step, consequences, roles, steps
from edge_agent.cli.stage.subscriber import Subscriber
from edge_agent.domain.errors import AgentError
from edge_agent.gateway.clock import boottime
from edge_agent.simulator.scenario import Act
from edge_agent.wire.payloads.state import Presence

CURTAIN_S = 30.0
"""Longest time from the agent's start to the first value of every bed."""

ENCORE_S = 5.0
"""How long expected alerts are waited for when the story is over."""

DRAIN_S = 0.3
"""Between holding the line and stopping the broker: what the broker has accepted still reaches its subscriber."""


CUT: dict[object, str] = {
    Event.BROKER_DIES: "the line to your broker is cut",
    Event.BROKER_RETURNS: "the line to your broker is mended",
}
"""What is done and said instead where the broker is not ours to stop."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `broker` is somebody else's; without one we bring our own.

    `families` are those of the devices, bed by bed in turn; empty for the story's own.
    """

    beds: int
    duration_s: float
    speed: float
    seed: int
    broker: tuple[str, int] | None = None
    families: tuple[str, ...] = ()


class StageError(AgentError):
    """The demonstration could not be played; says what was missing, with the end of the agent's log."""


class Director:
    """Plays one demonstration. `audience` may be looked at all the while; `exit_code` is the agent's, at the end."""

    def __init__(self, plan: Plan) -> None:
        """Take the plan."""
        self.plan = plan
        self.audience = Audience()
        self.began: int | None = None
        self.exit_code: int | None = None
        self._own: EmbeddedBroker | None = None if plan.broker else EmbeddedBroker()
        self._subscriber = Subscriber(TOPICS.root, self.audience.take, lambda: self.audience.link(up=False))
        self._cast = roles(plan.beds, plan.families)

    @property
    def elapsed_s(self) -> float:
        """Return the story's time, 0 before it begins."""
        return 0.0 if self.began is None else (boottime() - self.began) / 1e9

    async def perform(self) -> None:
        """Play it all and clear up. StageError when it cannot be played."""
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="demo-")))
            line = await self._connect(stack)
            props = Props(self._cast, folder, self.plan.seed, self.plan.speed)
            stack.push_async_callback(props.clear)
            props.set_out()
            agent = await self._agent(stack, folder, line)
            await self._guarded(agent, self._play(props, line, folder))
            self.exit_code = await agent.stop()
            await self.audience.until(lambda a: a.view.presence is Presence.STOPPED, 2)
            if self.plan.broker:
                await self._tidy()

    async def _tidy(self) -> None:
        """Leave nothing retained on somebody else's broker."""
        for topic in (*sorted(self.audience.retained), TOPICS.topic("config-desired")):
            await self._subscriber.publish(topic, b"", retain=True)

    async def _connect(self, stack: AsyncExitStack) -> Line:
        far = await self._own.start() if self._own else self.plan.broker
        if far is None:  # one of the two is always there; this keeps the type honest
            raise AssertionError(self.plan)
        if self._own:
            stack.push_async_callback(self._own.stop)
        line = Line(far)
        await line.mend()
        stack.push_async_callback(line.cut)
        await self._attend(far)
        stack.push_async_callback(self._subscriber.close)
        return line

    async def _attend(self, far: tuple[str, int]) -> None:
        try:
            await self._subscriber.connect(*far)
        except ConnectionError as error:
            raise StageError(str(error)) from error
        self.audience.link(up=True)

    async def _agent(self, stack: AsyncExitStack, folder: Path, line: Line) -> AgentProcess:
        config, state = folder / "config.yaml", folder / "state"
        state.mkdir()
        settings, now = ward(self._cast, folder), boottime()
        config.write_text(gateway_file(settings, (LOOPBACK, line.port)))
        await leave(state, snapshot(settings, self._cast, self.plan.seed, now), now)
        agent = AgentProcess(config, state, folder / "agent.log")
        stack.push_async_callback(agent.stop)
        await agent.start()
        return agent

    async def _guarded(self, agent: AgentProcess, playing: Coroutine[Any, Any, None]) -> None:
        """Play on only while the agent lives."""
        story = asyncio.ensure_future(playing)
        ended = asyncio.ensure_future(agent.ended())
        try:
            await asyncio.wait([story, ended], return_when=asyncio.FIRST_COMPLETED)
            if not story.done():
                raise StageError(f"the agent ended with code {ended.result()}:\n{agent.tail()}")
            try:
                story.result()
            except StageError as error:
                raise StageError(f"{error}\n{agent.tail()}") from error
        finally:
            for task in (story, ended):
                task.cancel()
            await asyncio.gather(story, ended, return_exceptions=True)

    async def _play(self, props: Props, line: Line, folder: Path) -> None:
        await self._raise_curtain(props)
        plan = self.plan
        for step in steps(plan.beds, plan.duration_s):
            await self._wait_for(step.at_s)
            self.audience.tell(CUT.get(step.what, step.caption) if self.plan.broker else step.caption)
            await self._do(step, props, line, folder)
        await self._wait_for(plan.duration_s)
        wanted = consequences(plan.beds, plan.duration_s, plan.speed, plan.families)
        await self.audience.until(lambda a: not a.ledger.absent(wanted), ENCORE_S)

    async def _raise_curtain(self, props: Props) -> None:
        beds = frozenset(role.bed for role in self._cast)
        if not await self.audience.until(lambda a: self._all_seen(a, beds), CURTAIN_S):
            unseen = sorted(bed for bed in beds if bed not in self.audience.view.beds)
            raise StageError(f"not every bed was seen within {CURTAIN_S:.0f} s (never heard: {unseen})")
        props.measure()
        for observation in observations(utc_now(), beds):
            await self._subscriber.publish(TOPICS.topic("command", command="observe"), observation)
        self.began = boottime()

    @staticmethod
    def _all_seen(audience: Audience, beds: frozenset[str]) -> bool:
        view, now = audience.view, boottime()
        return all(bed in view.beds and view.beds[bed].value("spo2", now) is not None for bed in beds)

    async def _wait_for(self, at_s: float) -> None:
        await asyncio.sleep(max(at_s - self.elapsed_s, 0))

    async def _do(self, step: Step, props: Props, line: Line, folder: Path) -> None:
        if isinstance(step.what, Act):
            props.act(step.bed, step.what)
        elif step.what is Event.BROKER_DIES:
            await self._lose_broker(line)
        elif step.what is Event.BROKER_RETURNS:
            await self._regain_broker(line)
        elif isinstance(step.what, Event):
            await self._push(step.what, folder)
        else:
            props.befall(step.bed, step.what)

    async def _lose_broker(self, line: Line) -> None:
        if self._own:
            line.hold()
            await asyncio.sleep(DRAIN_S)
            await self._own.stop()
        await line.cut()

    async def _regain_broker(self, line: Line) -> None:
        """Bring back the broker, then the audience, then the gateway's line: nobody announces to an empty room."""
        if self._own:
            await self._subscriber.close()
            line.far = await self._own.start()
            await self._attend(line.far)
        await line.mend()

    async def _push(self, event: Event, folder: Path) -> None:
        version, limit = (1, BAD_LIMIT) if event is Event.BAD_CONFIG else (2, GOOD_LIMIT)
        settings = replace(ward(self._cast, folder, limit), version=version)
        topic = TOPICS.topic("config-desired")
        await self._subscriber.publish(topic, desired(utc_now(), settings), retain=True)
