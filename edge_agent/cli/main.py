"""`edge-agent`: the one command.

Subcommands are imported when called, so that `--help` is quick and a missing extra breaks one only.
"""

from __future__ import annotations

from importlib import import_module

import click

from edge_agent import __version__
from edge_agent.cli.plain import write_plainly

COMMANDS = {
    "run": "run the agent: read devices, decide alerts, publish",
    "check": "check a configuration and print every problem at once",
    "demo": "watch a simulated ward: broker, beds and a real agent",
    "watch": "watch a ward: its beds and alerts, from any broker",
    "decode": "decode a device's raw bytes to readings",
    "scan": "find connected devices and the family each speaks",
    "record": "record what a device sends, to a file for decode",
    "score": "score observations from JSON lines, such as with NEWS2",
    "replay": "replay a flight recording and print the same effects",
    "backtest": "try settings on recorded vitals: alerts, what was withheld, what was missed",
    "schema": "print the JSON Schemas of all payloads",
    "simulate": "play a bedside device on a serial line or over Bluetooth",
}
"""Command name to its one-line help. The code of NAME is `edge_agent.cli.NAME:command`."""


class LazyGroup(click.Group):
    """A click group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, or None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"edge_agent.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command list without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="edge-agent")
def main() -> None:
    """Bedside edge agent: vitals from bedside devices, scores and alerts on the gateway, out over MQTT.

    Start with `edge-agent demo` to watch it, or `edge-agent check CONFIG` before you install it on a gateway.
    """
    write_plainly()


if __name__ == "__main__":
    main()
