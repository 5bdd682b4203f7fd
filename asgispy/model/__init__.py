"""What everyone talks about: connections, events, processes and the values they carry. No I/O."""
