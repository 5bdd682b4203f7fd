"""What comes in on a WebSocket."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "ws.connect-not-first",
        ERROR,
        SERVER,
        title="A WebSocket began with something else than its connect",
        why="Connect opens the conversation.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Connect",
        practice=(
            "None. Granian returns `websocket.disconnect` first, or panics, if the app sent close before its "
            "first receive."
        ),
    ),
    Rule(
        "ws.connect-repeated",
        ERROR,
        SERVER,
        title="`websocket.connect` came twice",
        why="Once per connection.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Connect",
    ),
    Rule(
        "ws.data-before-accept",
        ERROR,
        SERVER,
        title="A message came before the handshake was answered",
        why="No data before the handshake is answered.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Connect",
    ),
    Rule(
        "ws.data-after-disconnect",
        ERROR,
        SERVER,
        title="A message came after the disconnect",
        why="Nothing follows the disconnect except another disconnect.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnect (websocket)",
    ),
    Rule(
        "ws.receive-payload",
        ERROR,
        SERVER,
        title="A received message has not exactly one payload",
        why="Exactly one of bytes/text.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Receive (websocket)",
    ),
    Rule(
        "ws.receive-text-type",
        ERROR,
        SERVER,
        title="Received text is not a str",
        why="Unicode string.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Receive (websocket)",
    ),
    Rule(
        "ws.receive-bytes-type",
        ERROR,
        SERVER,
        title="Received bytes are not bytes",
        why="Byte string.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Receive (websocket)",
    ),
    Rule(
        "ws.disconnect-code-missing",
        WARNING,
        SERVER,
        title="The disconnect has no code",
        why="Key is not optional.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnect (websocket)",
        practice="None of the measured (some test clients did).",
    ),
    Rule(
        "ws.disconnect-code-type",
        WARNING,
        SERVER,
        title="The disconnect's code is not an int",
        why="Int; 1005 when the client sent none.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnect (websocket)",
        practice=(
            "Daphne sends None when the client closed without a code. uvicorn repeats whatever the app put into "
            'its own close (None, "1000", True).'
        ),
    ),
    Rule(
        "ws.disconnect-code-range",
        HINT,
        SERVER,
        title="The disconnect's code is not from 1000 to 4999",
        why="Outside the WebSocket code space.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnect (websocket); RFC 6455 §7.4",
        practice="Repeats of the app's own bad code (uvicorn).",
    ),
    Rule(
        "ws.disconnect-reason-type",
        WARNING,
        SERVER,
        title="The disconnect's reason is not a str",
        why="Unicode string or None.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnect (websocket)",
        practice="uvicorn repeats the app's bytes reason.",
    ),
    Rule(
        "ws.receive-after-disconnect",
        WARNING,
        APP,
        title="`receive` was called after the disconnect",
        why="Blocks for ever on some servers; frameworks raise.",
        fix="Leave the loop at `websocket.disconnect`.",
        spec="HTTP & WebSocket › Disconnect (websocket)",
        practice=(
            "uvicorn: a second disconnect (1005), then blocks; Hypercorn, Daphne block; Granian repeats the disconnect."
        ),
    ),
)
