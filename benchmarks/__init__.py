"""Measurements against rivals, each in one run with the rival in turn: `python -m benchmarks.<name>`.

Every benchmark prints one JSON object as its last line. Absolute figures depend on the machine; what counts
is their ratios.
"""
