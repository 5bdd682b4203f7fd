"""The servers that can run an application, one class each, and their chooser.

What must not move in: starting processes.
"""

from __future__ import annotations

from typing import Final

from asgispy.errors import UsageError
from asgispy.launch.servers.base import Listening, Server
from asgispy.launch.servers.daphne import Daphne
from asgispy.launch.servers.granian import Granian
from asgispy.launch.servers.hypercorn import Hypercorn
from asgispy.launch.servers.uvicorn import Uvicorn, uvicorn_options

__all__ = ["SERVERS", "Listening", "Server", "find_server", "uvicorn_options"]

SERVERS: Final[dict[str, Server]] = {server.name: server for server in (Uvicorn(), Hypercorn(), Daphne(), Granian())}


def find_server(name: str) -> Server:
    """UsageError for a server that nobody knows, MissingExtra for one that is not installed."""
    server = SERVERS.get(name)
    if server is None:
        raise UsageError(f"There is no server {name!r}: choose one of {', '.join(SERVERS)}")
    server.require()
    return server
