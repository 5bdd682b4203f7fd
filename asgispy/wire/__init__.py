"""The protocol between probe and collector: bytes in, events out. No sockets, no files, no clocks."""
