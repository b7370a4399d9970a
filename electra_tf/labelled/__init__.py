"""Labelled text in files, as benchmarks come."""
