"""The capture: the SQLite file in which a recording lives. Only this room knows SQL."""
