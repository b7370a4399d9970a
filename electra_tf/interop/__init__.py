"""Checkpoint → files that other programs load."""
