"""Pure functions over events."""
