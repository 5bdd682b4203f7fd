"""The denial response of a WebSocket handshake."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT

RULES: Final = (
    Rule(
        "ws.denial-after-accept",
        ERROR,
        APP,
        title="A denial was sent after the handshake",
        why="Denial replaces the accept.",
        fix="Deny in place of `websocket.accept`; later, close.",
        spec="Extensions › Websocket Denial Response",
        practice="uvicorn, Hypercorn, Granian raise; Daphne ignores.",
    ),
    Rule(
        "ws.denial-start-repeated",
        ERROR,
        APP,
        title="A second response was started for the handshake",
        why="One response.",
        fix="Start one.",
        spec="Extensions › Websocket Denial Response",
        practice=(
            "uvicorn, Granian RuntimeError; Hypercorn lets the second replace the first; Daphne ignores both and hangs."
        ),
    ),
    Rule(
        "ws.denial-body-before-start",
        ERROR,
        APP,
        title="The denial's body was sent before its start",
        why="Start first.",
        fix="Send the start first.",
        spec="Extensions › Websocket Denial Response",
        practice="uvicorn RuntimeError; Hypercorn AttributeError; Granian RuntimeError.",
    ),
    Rule(
        "ws.denial-body-after-complete",
        ERROR,
        APP,
        title="Part of the denial's body came after the last one",
        why="Response is over.",
        fix="Set `more_body` on all but the last.",
        spec="Extensions › Websocket Denial Response",
        practice="uvicorn ClientDisconnected; Hypercorn, Granian raise.",
    ),
    Rule(
        "ws.denial-then-websocket",
        ERROR,
        APP,
        title="A WebSocket message was sent during a denial",
        why="No websocket message may follow.",
        fix="Send nothing but the denial's body.",
        spec="Extensions › Websocket Denial Response",
        practice="uvicorn RuntimeError; Hypercorn and Granian accept the handshake after all; Daphne accepts.",
    ),
    Rule(
        "ws.denial-unfinished",
        ERROR,
        APP,
        title="The application returned in the middle of a denial",
        why="Client gets nothing useful.",
        fix="Send the body, even an empty one.",
        spec="Extensions › Websocket Denial Response",
        practice="uvicorn closes without any byte; Hypercorn 500; Granian 403; Daphne hangs.",
        servers={
            "uvicorn": "closes without any byte",
            "hypercorn": "answers 500",
            "daphne": "leaves the client waiting",
            "granian": "answers 403",
        },
    ),
    Rule(
        "ws.denial-status",
        ERROR,
        APP,
        title="The denial has no usable status",
        why="Same rules as an http start.",
        fix="Use an int from 200 to 599.",
        spec="Extensions › Websocket Denial Response",
        practice=(
            "Missing: uvicorn KeyError, Hypercorn KeyError at the body, Granian RuntimeError. 700: uvicorn "
            "RuntimeError, Hypercorn and Granian send it (client refuses)."
        ),
    ),
    Rule(
        "ws.denial-status-success",
        HINT,
        APP,
        title="The denial's status is a success",
        why="A 2xx does not open the socket.",
        fix="Use a 4xx or 5xx status.",
        spec="Extensions › Websocket Denial Response",
        practice="Sent as is; client fails.",
    ),
    Rule(
        "ws.denial-body-type",
        ERROR,
        APP,
        title="The denial's body is not bytes",
        why="Byte string.",
        fix="Encode text before sending it.",
        spec="Extensions › Websocket Denial Response",
        practice="str: TypeError (uvicorn, Hypercorn) and an empty reply; Granian sends an empty body.",
    ),
    Rule(
        "ws.denial-portability",
        HINT,
        APP,
        title="The denial has a form that some servers refuse",
        why="Legal forms that some servers refuse.",
        fix="Give `headers` and `body`, and the body in one message.",
        spec="Extensions › Websocket Denial Response",
        practice=(
            "No `headers`: uvicorn/wsproto, Hypercorn KeyError, Granian RuntimeError. No `body`: uvicorn "
            "KeyError. more_body True: Granian RuntimeError."
        ),
    ),
)
