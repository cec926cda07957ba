"""Captures one device: its link as the agent would run it, a bridge if the family is known, and a file.

What a family's masker overwrites is overwritten before it gets here, as in the agent. A device of an unknown family is
only listened to: nothing is sent to it, and nobody can say which of its bytes name a patient.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from edge_agent import __version__
from edge_agent.domain.settings import Device
from edge_agent.gateway import capture
from edge_agent.gateway.advert_link import AdvertLink
from edge_agent.gateway.ble_adapter import Adapter, Backend
from edge_agent.gateway.ble_link import BleLink
from edge_agent.gateway.capture import Began, Happening, Writer
from edge_agent.gateway.link_facts import Sink
from edge_agent.gateway.links import Link, build_link
from edge_agent.gateway.listener import Listener, Tell
from edge_agent.gateway.serial_link import SerialLink
from edge_agent.gateway.tcp_link import TcpLink
from firmware_bridges.bridge import AdvertSettings, Family, LinkSettings, SerialSettings, TcpSettings
from firmware_bridges.vitals import Event

MASKED = "identity-bearing bytes are overwritten"
NONE_KNOWN = "this family's frames bear no patient's identity that we ask for or know of"
KEPT = "NOT MASKED: may name a patient"
UNKNOWN = "NOT MASKED: the family is unknown, so any byte may name a patient"


class Target(msgspec.Struct, frozen=True):
    """What is captured, by which settings. `family` None: it is unknown. `masked` False: identity is kept."""

    device: Device
    settings: LinkSettings
    family: Family | None = None
    masked: bool = True


def identity(target: Target) -> str:
    """Return in words what is done about identity."""
    if target.family is None:
        return UNKNOWN
    if target.family.masker is None:
        return NONE_KNOWN
    return MASKED if target.masked else KEPT


def began(target: Target) -> Began:
    """Return the first line of a capture of `target`."""
    return Began(
        format=capture.FORMAT,
        agent=__version__,
        python=platform.python_version(),
        family=target.family.name if target.family else "",
        link={"kind": type(target.settings).__name__} | msgspec.to_builtins(target.settings),
        identity=identity(target),
    )


async def run(target: Target, path: Path, tell: Tell, backend: Backend | None = None) -> None:
    """Capture to `path` until cancelled; `tell` hears everything. OSError: the file failed."""
    writer = Writer(path, began(target))
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    listener = Listener(target.family.bridge() if target.family else None, _noting(writer, tell, failed))
    adapter = Adapter(target.device.adapter, lambda *_: None, backend)
    listener.link = _link(target, listener, lambda _: adapter)
    work = [asyncio.ensure_future(listener.link.run())]
    if target.device.address:
        work.append(asyncio.ensure_future(adapter.run()))
    try:
        await asyncio.wait([failed, *work], return_when=asyncio.FIRST_COMPLETED)
        for done in (failed, *work):
            if done.done():
                done.result()
    finally:
        for task in work:
            task.cancel()
        await asyncio.wait(work)
        listener.rest()
        writer.close()


def _noting(writer: Writer, tell: Tell, failed: asyncio.Future[None]) -> Tell:
    """Return what writes a happening and tells it; a file that fails ends the capture."""

    def note(happening: Happening, events: list[Event]) -> None:
        try:
            writer.add(happening)
        except OSError as error:
            if not failed.done():
                failed.set_exception(error)
        tell(happening, events)

    return note


def _link(target: Target, sink: Sink, adapter: Callable[[str], Adapter]) -> Link:
    if target.family is not None:
        masker = target.family.masker if target.masked else None
        return build_link(target.device, replace(target.family, link=target.settings, masker=masker), sink, adapter)
    if isinstance(target.settings, SerialSettings):
        return SerialLink(target.device, target.settings, sink, continuous=False)
    if isinstance(target.settings, TcpSettings):
        return TcpLink(target.device, sink)
    if isinstance(target.settings, AdvertSettings):
        return AdvertLink(target.device, sink, adapter(target.device.adapter), None)
    return BleLink(target.device, target.settings, sink, adapter(target.device.adapter), continuous=False)
