"""Nothing is lost on the way out: store, outbox, ledger and the broker connection, against a real Mosquitto.

What Mosquitto cannot be made to send comes from the scripted broker in `scripted.py`, and is named as such.
"""
