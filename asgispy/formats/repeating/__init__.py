"""Formats that repeat a recorded request elsewhere: commands, scripts, tests, reproductions."""
