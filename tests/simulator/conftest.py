"""Short waiting times of the Bluetooth links."""

from tests.links.conftest import quick

__all__ = ["quick"]
