"""The gateway's disk, one SQLite file: unsent messages, the memory of alerts and config, the ledger, the audit trail.

One thread writes; the loop gets futures and never waits for a disk. No failure of the disk is an exception: it is an
answer ("not durable") and a report. Decides nothing about what is sent, or when.
"""
