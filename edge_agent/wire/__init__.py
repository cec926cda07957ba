"""What the agent says: one topics table, one file per payload, the envelope; JSON Schemas come from here.

Pure: effects in, finished messages out. No socket, no clock, no storage; those are the gateway's.
"""
