"""Recorded connections sent again, to an application in this process or to a server, and compared with the original."""
