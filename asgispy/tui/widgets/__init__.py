"""Regions of the screen, one file each."""
