"""Recorded connections sent again, and compared."""
