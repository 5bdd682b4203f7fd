"""The protocol, without sockets."""
