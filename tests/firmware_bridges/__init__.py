"""Laws that every device family inherits, and one file of traps per family."""
