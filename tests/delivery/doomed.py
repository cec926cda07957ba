"""A process with an agent that is about to be killed: python -m tests.delivery.doomed FOLDER PORT ALERTS SAMPLES.

Every third event is over at once. It says `ready` once everything is as durable as the agent makes it by itself.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.delivery.agent import running
from tests.delivery.parts import alert, draft, until


async def main(folder: Path, port: int, alerts: int, samples: int) -> None:
    """Publish, say so, and wait for the end."""
    async with running(folder, port) as agent:
        for number in range(alerts):
            agent.alert(alert(f"event-{number}"), memory={"ward": b"%d" % number})
            if number % 3 == 0:
                agent.alert(alert(f"event-{number}", 2, over=True))
        for number in range(samples):
            agent.publish(draft(text=str(number)))
        outbox = agent.delivery.outbox
        await until(lambda: all(entry.stored for entry in outbox.alerts.entries.values()))
        await until(lambda: not list(outbox.telemetry.unwritten()))
        sys.stdout.write(f"ready {agent.run}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
