"""The bedside edge agent: bridges read, bedside decides, wire says, gateway does.

Imports go one way: firmware_bridges <- domain <- bedside, risk <- wire <- gateway <- cli. Only gateway and cli know
clocks, sockets, files and threads.
"""

__version__ = "0.1.0"
