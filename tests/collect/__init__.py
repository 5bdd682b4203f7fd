"""Listener, pipeline and collector with real sockets."""
