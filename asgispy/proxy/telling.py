"""What the proxy tells of the upstream's side, on the connection that it forwards: an observation beside its messages.

Told when a connection to the upstream was made, and when either side failed; not for each request on a connection that
is kept alive, since the messages' own times say all. What must not move in: forwarding.
"""

from __future__ import annotations

import logging
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import UPSTREAM
from asgispy.probe.sender import sender_for

if TYPE_CHECKING:
    from asgispy.proxy.settings import Upstream

log: Final = logging.getLogger("asgispy.proxy")


class Telling:
    """One request's, or one socket's, dealings with its upstream."""

    __slots__ = ("_began", "_connected", "_place", "again")

    def __init__(self, upstream: Upstream) -> None:
        self._place = upstream.place
        self._began = clock()
        self._connected: int | None = None
        self.again = False
        """Whether it had to be asked again, since a connection kept alive was closed."""

    def connected(self) -> None:
        """A new connection has come about."""
        self._connected = clock()

    def answered(self) -> None:
        """The response has begun, or the socket is accepted."""
        if self._connected is not None:
            self._tell({"connect": (self._connected - self._began) / 1e9, "again": self.again})

    def failed(self, error: Exception) -> None:
        """The upstream's side failed: also said where the server's own lines go, for who has no screen."""
        log.error("%s", error)
        self._tell({"side": "upstream", "error": str(error)})

    def left(self) -> None:
        """The client left before the exchange was over."""
        self._tell({"side": "client"})

    def _tell(self, facts: dict[str, Any]) -> None:
        outbox = sender_for(None).outbox
        if outbox.listening:
            observer = outbox.observer
            took = clock() - self._began
            observer.tell(UPSTREAM, observer.current.get(), self._began, took, {"place": self._place, **facts})
