"""The rules of ASGI, and the engine that holds a recording against them. Pure: events in, findings out."""
