"""The app as a person meets it: a real server process and a real Chromium, for tests and benchmarks."""
