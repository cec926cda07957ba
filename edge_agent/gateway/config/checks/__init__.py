"""What only the whole can show: one file per part of the settings, the same checks for the local file and for a push.

A check gets settings and the sheet they were read onto, and complains there; it judges only what is `sound`, so that
one mistake is one problem. It never changes a setting.
"""
