"""What somebody at the broker sees of a ward: messages to a view, and the view in words.

Shared by the demonstration and by `edge-agent watch`. Pure: no broker, no terminal, no clock; drawing is its users'.
"""
