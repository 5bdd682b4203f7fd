"""Two connections compared: what differs, and how that is laid out. Pure."""
