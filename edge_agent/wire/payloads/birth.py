"""`birth`: who this agent is, what it runs, what it watches, and which kind of alert system it is. Retained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from edge_agent.domain.effects import AlertSystem
from edge_agent.domain.settings import BedState, WardSettings
from edge_agent.wire.envelope import Body
from edge_agent.wire.parts import BedId, DeviceId, Item
from firmware_bridges.bridge import Family


class ModelVersion(Item, frozen=True):
    """The risk model that answers."""

    name: Annotated[str, Meta(description="the bundle's name")]
    sha256: Annotated[str, Meta(description="of the model file")]


class BornBed(Item, frozen=True):
    """One bed of this gateway."""

    bed: BedId
    state: Annotated[BedState, Meta(description="monitored, off-ward, standby or unassigned, as configured")]
    required: Annotated[tuple[str, ...], Meta(description="quantities whose absence makes the bed NOT-MONITORED")]


class BornDevice(Item, frozen=True):
    """One device of this gateway."""

    device: DeviceId
    bed: Annotated[str, Meta(description="the bed's id; empty for a shared device")]
    family: Annotated[str, Meta(description="the protocol it speaks")]
    title: Annotated[str, Meta(description="the family in words")]
    official: Annotated[bool, Meta(description="false: read by a specification that is not its maker's own")]


class Birth(Body, frozen=True, kw_only=True, tag="bedside/birth/1"):
    """Who this agent is, what it runs, what it watches. Published after every connect."""

    birth: Annotated[int, Meta(ge=0, description="connections of this run so far")]
    agent: Annotated[str, Meta(description="version of the agent")]
    python: Annotated[str, Meta(description="version of Python")]
    runtime: Annotated[str, Meta(description="the TFLite runtime and its version; empty without one")]
    model: Annotated[ModelVersion | None, Meta(description="the risk model; left out without one")] = None
    shadow: Annotated[ModelVersion | None, Meta(description="a model on trial, which never alerts")] = None
    beds: Annotated[tuple[BornBed, ...], Meta(description="every configured bed")]
    devices: Annotated[tuple[BornDevice, ...], Meta(description="every configured device")]
    schemas: Annotated[tuple[str, ...], Meta(description="ids of the payloads this agent speaks and hears")]
    alert_system: Annotated[AlertSystem, Meta(description="who confirms: DIS the broker, DAS consumers, CDAS people")]
    listeners: Annotated[tuple[str, ...], Meta(description="consumers known to listen")]
    displays: Annotated[
        tuple[str, ...], Meta(description="those of `listeners` that only show: nobody can accept there")
    ] = ()


def born_beds(ward: WardSettings) -> tuple[BornBed, ...]:
    """Return the beds of the ward's settings."""
    return tuple(BornBed(bed=bed.id, state=bed.state, required=bed.required) for bed in ward.beds)


def born_devices(ward: WardSettings, families: Mapping[str, Family]) -> tuple[BornDevice, ...]:
    """Return the devices of the ward's settings. KeyError for a family that is not in `families`."""
    return tuple(
        BornDevice(
            device=device.id,
            bed=device.bed,
            family=device.family,
            title=families[device.family].title,
            official=families[device.family].official,
        )
        for device in ward.devices
    )


PAYLOAD = Birth
