"""Serial and BLE links against real parts: ptys, a GATT stack in process, bleak's BlueZ backend on a private D-Bus.

The parts stand here beside the tests: `pty` (a serial device), `bumble_stack` and `bluez` (Bluetooth devices).
No real radio and no real USB: what only those can show is left to the virtual machine.
"""
