"""Configuration: from the bytes of a YAML file or a pushed JSON to checked `Settings`, and how a push comes into force.

Every problem is found in one pass and carries its place, what was found, what is allowed and the remedy. Nothing here
acts on a device or speaks MQTT: `ConfigKeeper` decides and stores, the caller applies and publishes.
"""
