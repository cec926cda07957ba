"""Backtest: what settings would have announced, withheld and missed."""
