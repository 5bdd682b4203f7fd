"""Capture files on a real disk."""
