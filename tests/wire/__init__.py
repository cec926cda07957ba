"""The wire contract: golden payloads and schemas, and laws that hold for every record."""
