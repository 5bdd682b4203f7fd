"""What listens for probes, in the inspector's process, and turns frames into a capture."""
