"""One file for each export format, and the registry. Everything here streams: nothing holds a whole capture."""
