"""Starting an application: its import, the entry point that servers load, the servers, and their supervisor.

What must not move in: the screen, the capture, and the listener that the probe talks to.
"""
