"""Connections to upstreams, kept alive and used again (RFC 9112 section 9.3).

What must not move in: what is sent over them.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Final, TypeVar

from asgispy.errors import UsageError
from asgispy.proxy import http1
from asgispy.proxy.failure import UpstreamFailed, connecting_failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.proxy.http2 import Session, Stream
    from asgispy.proxy.settings import Forwarding, Upstream

    Connection = http1.Connection | Stream
    """What one exchange goes over."""

P = TypeVar("P", bound=asyncio.Protocol)

KEPT: Final = 4.0
"""Seconds for which an idle connection is kept: most servers close theirs after 5."""
FRESH: Final = 0.5
"""Seconds of idleness up to which a connection is trusted with a request that must not be sent twice."""
MOST_IDLE: Final = 100
"""Idle connections to one upstream."""


class Pool:
    """The connections of one event loop."""

    def __init__(self, forwarding: Forwarding) -> None:
        self._timeout = forwarding.connect_timeout
        self._http2 = forwarding.http2
        self.ssl_context: Final = ssl_context_of(forwarding)
        """For sockets, too, which need HTTP/1.1."""
        self._http2_context = ssl_context_of(forwarding, "h2") if self._http2 else self.ssl_context
        self._idle: dict[Upstream, list[http1.Connection]] = {}
        self._sessions: dict[Upstream, Session] = {}
        self._connecting: dict[Upstream, asyncio.Lock] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, upstream: Upstream, *, fresh: bool) -> Connection | None:
        """A connection that is idle, and if `fresh` has not been so for long; None when there is none."""
        if self._http2:
            session = self._sessions.get(upstream)
            return session.open() if session is not None and session.usable else None
        idle = self._idle.get(upstream)
        now = asyncio.get_running_loop().time()
        while idle:
            connection = idle.pop()
            if not connection.usable:
                continue
            if now - connection.idle_since <= (FRESH if fresh else KEPT):
                return connection
            if not fresh:
                connection.close()
            else:
                idle.append(connection)
                return None
        return None

    async def connect(self, upstream: Upstream) -> Connection:
        """A new connection; raises UpstreamFailed and UpstreamTimedOut."""
        if not self._http2:
            return await self._open(upstream, lambda: http1.Connection(upstream.place), self.ssl_context)
        async with self._connecting.setdefault(upstream, asyncio.Lock()):
            session = self._sessions.get(upstream)
            if session is None or not session.usable:
                self._sessions[upstream] = session = await self._open_session(upstream)
            return session.open()

    async def _open_session(self, upstream: Upstream) -> Session:
        from asgispy.proxy.http2 import Session

        session = await self._open(
            upstream, lambda: Session(upstream.place, upstream.scheme.encode()), self._http2_context
        )
        if upstream.secure and session.agreed != "h2":
            session.close()
            raise UpstreamFailed(f"{upstream.place} does not speak HTTP/2: leave --upstream-http2 out")
        return session

    async def _open(self, upstream: Upstream, make: Callable[[], P], context: ssl.SSLContext) -> P:
        loop = asyncio.get_running_loop()
        secure = context if upstream.secure else None
        try:
            async with asyncio.timeout(self._timeout):
                if upstream.socket:
                    _, protocol = await loop.create_unix_connection(make, upstream.socket)
                else:
                    _, protocol = await loop.create_connection(make, upstream.host, upstream.port, ssl=secure)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise connecting_failed(upstream.place, error) from error
        return protocol

    def give_back(self, upstream: Upstream, connection: Connection) -> None:
        """Keep a connection whose exchange is complete for the next one."""
        if not isinstance(connection, http1.Connection):
            connection.close()  # the stream; its session goes on
            return
        idle = self._idle.setdefault(upstream, [])
        if not connection.usable or len(idle) >= MOST_IDLE:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        idle.append(connection)
        if self._sweeping is None:
            self._sweeping = loop.call_later(KEPT, self._sweep)

    def close(self) -> None:
        """Close what is idle."""
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        for session in self._sessions.values():
            session.close()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def _sweep(self) -> None:
        """Close what has been idle for too long."""
        loop = asyncio.get_running_loop()
        for upstream, idle in list(self._idle.items()):
            for connection in idle:
                if loop.time() - connection.idle_since > KEPT:
                    connection.close()
            self._idle[upstream] = [each for each in idle if each.usable]
        self._idle = {upstream: idle for upstream, idle in self._idle.items() if idle}
        self._sweeping = loop.call_later(KEPT, self._sweep) if self._idle else None


def ssl_context_of(forwarding: Forwarding, protocol: str = "http/1.1") -> ssl.SSLContext:
    """How upstreams prove who they are, and what is to be spoken (RFC 7301).

    Raises UsageError for a file that holds no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=forwarding.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--ca {forwarding.ca}: holds no certificates that can be read: give a PEM file") from error
    context.set_alpn_protocols([protocol])
    if forwarding.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
