"""The gateway's own output and input, as settings: exactly one of a GPIO line, a sound device and a command each.

A plain list stands for a command (`extra["listed"]`), as it did before there were others.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Command = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=32)]
"""A program and its arguments."""
Chip = Annotated[str, Meta(pattern=r"^(/dev/)?[A-Za-z0-9_-]{1,32}$", extra={"form": "a GPIO chip such as gpiochip0"})]
Line = Annotated[int, Meta(ge=0, le=1023)]
"""A line of a GPIO chip: its offset there, which is not the number of the pin on the header."""
SoundDevice = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.:,=-]{1,64}$",
        extra={"form": "the name of an ALSA device as aplay -L prints it, such as default or plughw:CARD=Device"},
    ),
]


class GpioLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An output on a GPIO line: a buzzer or a lamp behind a transistor."""

    line: Annotated[Line, Meta(description="Number of the line within its chip.")]
    chip: Annotated[Chip, Meta(description="The GPIO chip.")] = "gpiochip0"
    active_low: Annotated[bool, Meta(description="True if it sounds while the line is at ground.")] = False


class GpioButton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A button on a GPIO line. The line is pulled to its resting level inside the chip."""

    line: Annotated[Line, Meta(description="Number of the line within its chip.")]
    chip: Annotated[Chip, Meta(description="The GPIO chip.")] = "gpiochip0"
    active_low: Annotated[bool, Meta(description="True if pressing it connects the line to ground.")] = True


class Sound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sound device."""

    device: Annotated[SoundDevice, Meta(description="The ALSA device.")] = "default"


class OutputSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What sounds while an alert reaches nobody else."""

    gpio: Annotated[GpioLine | None, Meta(description="A GPIO line, switched in the rhythm of the priority.")] = None
    sound: Annotated[Sound | None, Meta(description="A sound device, on which the priority's sound is played.")] = None
    command: Annotated[
        Command, Meta(description="A command that runs for as long; {priority} becomes high, medium or low.")
    ] = ()


class InputSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What quiets that output."""

    gpio: Annotated[GpioButton | None, Meta(description="A button on a GPIO line.")] = None
    command: Annotated[Command, Meta(description="A command; each line it prints is a press.")] = ()
