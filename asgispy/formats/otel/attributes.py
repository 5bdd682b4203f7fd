"""The attributes of a connection's span, by OpenTelemetry's semantic conventions for HTTP servers. Pure.

Those without a value are None or empty, for whoever makes the span to leave out. What must not move in: events, ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from asgispy.analysis.route import route_of
from asgispy.formats.url import authority_of, header_of, path_of, scheme_of, target_of
from asgispy.model.connection import HTTP, STATE_NAMES, TYPE_NAMES, WEBSOCKET

if TYPE_CHECKING:
    from asgispy.formats.exchange import Exchange
    from asgispy.model.connection import Connection

METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
"""Methods that the conventions know; any other is `_OTHER`, so that nobody can make up a thousand of them."""


def attributes_of(exchange: Exchange) -> dict[str, Any]:
    """All of them, those of the capture too."""
    connection = exchange.connection
    attributes: dict[str, Any] = {
        "asgi.type": TYPE_NAMES[connection.type],
        "asgispy.connection": connection.id,
        "asgispy.state": STATE_NAMES[connection.state],
        "asgispy.messages": connection.messages,
        "asgispy.masked": exchange.masked or None,
        "error.type": _error_type(exchange),
    }
    if connection.type in (HTTP, WEBSOCKET):
        attributes |= _request(exchange) | _network(exchange.scope) | _response(exchange)
    if connection.type == WEBSOCKET:
        attributes["asgi.websocket.close_code"] = connection.close_code
    if connection.phase is not None:
        attributes["asgi.lifespan.phase"] = connection.phase
    return attributes


def _request(exchange: Exchange) -> dict[str, Any]:
    connection, scope = exchange.connection, exchange.scope
    method = connection.method if connection.type == HTTP else "GET"  # a handshake is a GET
    known = method in METHODS
    return {
        "http.request.method": method if known else "_OTHER",
        "http.request.method_original": None if known else method,
        "url.scheme": scheme_of(scope),
        "url.path": path_of(scope),
        "url.query": target_of(scope).partition("?")[2],
        "http.route": _declared_route(scope),
        "asgispy.route": route_of(connection.path) if connection.path is not None else None,
        "user_agent.original": header_of(scope, b"user-agent"),
        "http.request.body.size": connection.received if connection.type == HTTP else None,
    }


def _declared_route(scope: Any) -> str | None:
    """The route as a framework put it into the scope before we saw it; hardly ever there."""
    route = scope.get("path_template") if isinstance(scope, dict) else None
    return route if isinstance(route, str) else None


def _network(scope: Any) -> dict[str, Any]:
    """Who asked whom, by which protocol."""
    host, port = _server(scope)
    client = _pair(scope, "client")
    version = scope.get("http_version") if isinstance(scope, dict) else None
    return {
        "server.address": host,
        "server.port": port,
        "client.address": client[0],
        "client.port": client[1],
        "network.protocol.name": "http",
        "network.protocol.version": version if isinstance(version, str) else None,
    }


def _server(scope: Any) -> tuple[str | None, int | None]:
    """As the client named it."""
    try:
        parts = urlsplit(f"//{authority_of(scope)}")
        return parts.hostname, parts.port or {"https": 443, "wss": 443}.get(scheme_of(scope), 80)
    except ValueError:
        return None, None


def _pair(scope: Any, key: str) -> tuple[str | None, int | None]:
    match scope.get(key) if isinstance(scope, dict) else None:
        case [str() as host, int() as port]:
            return host, port
        case [str() as host, *_]:
            return host, None
    return None, None


def _response(exchange: Exchange) -> dict[str, Any]:
    connection = exchange.connection
    return {
        "http.response.status_code": connection.status,
        "http.response.body.size": connection.sent if connection.type == HTTP and connection.status else None,
    }


def _error_type(exchange: Exchange) -> str | None:
    """The exception's type, or the status of a server error."""
    connection = exchange.connection
    if connection.declined or not connection.troubled:
        return None
    if exchange.error is not None:
        return exchange.error.type.removeprefix("builtins.")
    return str(connection.status) if (connection.status or 0) >= 500 else _failure(connection)


def _failure(connection: Connection) -> str:
    return connection.phase or "_OTHER"
