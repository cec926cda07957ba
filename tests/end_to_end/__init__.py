"""The real process, ptys or a GATT stack on one side, a real Mosquitto and an independent subscriber on the other."""
