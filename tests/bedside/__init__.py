"""The ward's laws and rules: pure, through real families' bytes; what only a shell can show is in other folders."""
