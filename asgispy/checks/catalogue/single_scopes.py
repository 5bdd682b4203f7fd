"""Scopes: what only HTTP, or only WebSocket, has."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import CLIENT, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "scope.http.http-version-missing",
        ERROR,
        SERVER,
        title="The scope has no `http_version`",
        why="Key is not marked optional.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › HTTP connection scope",
        practice="All measured servers set it.",
    ),
    Rule(
        "scope.http.method-missing",
        ERROR,
        SERVER,
        title="The scope has no `method`",
        why="Key is not marked optional.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › HTTP connection scope",
        practice="All measured servers set it.",
    ),
    Rule(
        "scope.http.method-type",
        ERROR,
        SERVER,
        title="`method` is not a str",
        why="Wrong Python type.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › HTTP connection scope",
    ),
    Rule(
        "scope.http.method-not-upper",
        WARNING,
        SERVER,
        title="`method` is not in upper case",
        why="Spec: uppercased; but the odd client causes it.",
        fix="Nothing in the application: the client wrote it so, and the server passed it on.",
        spec="HTTP & WebSocket › HTTP connection scope",
        practice=(
            "uvicorn/h11, Daphne and Granian pass a client's `get` through unchanged; Hypercorn upper-cases; "
            "uvicorn/httptools rejects the request."
        ),
    ),
    Rule(
        "scope.http.query-string-missing",
        ERROR,
        SERVER,
        title="The scope has no `query_string`",
        why="Key is not marked optional.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › HTTP connection scope",
        practice="All measured servers set it.",
    ),
    Rule(
        "scope.http.cookie-split",
        HINT,
        CLIENT,
        title="The request has several Cookie headers",
        why="One Cookie line only before HTTP/2.",
        fix="Nothing in the application: it comes from the client.",
        spec="HTTP & WebSocket › HTTP (cookies)",
        practice="All pass both lines on.",
    ),
    Rule(
        "scope.ws.subprotocols-type",
        ERROR,
        SERVER,
        title="`subprotocols` is not an iterable of str",
        why="Iterable of str; a str iterates as letters.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Websocket connection scope",
        practice="None. Lists in all measured servers.",
    ),
    Rule(
        "scope.ws.subprotocols-blank",
        HINT,
        SERVER,
        title="`subprotocols` has a blank item",
        why="Sloppy header parsing.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Websocket connection scope",
        practice="uvicorn and Daphne split on commas without dropping empty items.",
    ),
    Rule(
        "scope.ws.subprotocols-header-differ",
        HINT,
        SERVER,
        title="`subprotocols` is not what the client's header offers",
        why="App cannot negotiate correctly.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Websocket connection scope",
    ),
)
