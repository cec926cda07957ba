"""From settings to the output and the input that they name."""

from __future__ import annotations

from edge_agent.domain.local_output import InputSettings, OutputSettings
from edge_agent.gateway.local.command import CommandOutput, CommandPress
from edge_agent.gateway.local.contract import Output, Press
from edge_agent.gateway.local.gpio import GpioOutput, GpioPress
from edge_agent.gateway.local.sound import SoundOutput


def output_of(settings: OutputSettings) -> Output | None:
    """Return what sounds here, None where nothing does."""
    if settings.gpio is not None:
        return GpioOutput(settings.gpio)
    if settings.sound is not None:
        return SoundOutput(settings.sound)
    return CommandOutput(settings.command) if settings.command else None


def input_of(settings: InputSettings) -> Press | None:
    """Return what quiets it, None where nothing does."""
    if settings.gpio is not None:
        return GpioPress(settings.gpio)
    return CommandPress(settings.command) if settings.command else None
