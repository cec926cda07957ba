"""The way out: every message is numbered, kept until the broker has it, sent in order of urgency, accounted for.

Nothing here imports paho (`edge_agent.gateway.mqtt` does) or SQLite (`edge_agent.gateway.store`), or knows a payload.
"""
