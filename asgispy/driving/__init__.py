"""Drives an application that is being checked: which requests there are, and how they are sent."""
