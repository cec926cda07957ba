"""The demonstration's stage: broker, line, subscriber, the agent's process, the story, and what a person sees of it.

The agent is run as users run it, and seen only through what it publishes. `ledger` is pure;
nothing here is part of the agent.
"""
