"""Configuration: what a person reads when it is wrong, and that a push is whole or not at all."""
