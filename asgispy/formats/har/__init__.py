"""HAR 1.2: written without loss, and read, whoever wrote it."""
