"""`edge-agent watch`: a ward's beds and alerts in a terminal, from any broker, with receipts that name a person.

`ward`, `desk`, `receipts` and `page` are pure; `uplink` knows the broker and `terminal` the keys. No part of the agent.
"""
