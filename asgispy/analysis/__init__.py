"""Pure functions over events and values: no I/O, no clocks, no database."""
