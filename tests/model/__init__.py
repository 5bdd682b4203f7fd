"""The words everyone talks in."""
