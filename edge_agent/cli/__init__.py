"""The command line: one file is one command, named in `main.COMMANDS` and imported only when it is called.

A command parses its options, calls the layer that does the work, and prints; no logic lives here.
"""
