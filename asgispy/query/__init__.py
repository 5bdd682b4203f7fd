"""The filter language: one for the filter bar, `--filter`, exports and every later command. No I/O of its own."""
