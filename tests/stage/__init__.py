"""The demonstration's stage: what a consumer makes of the agent's messages, and what plays around it."""
