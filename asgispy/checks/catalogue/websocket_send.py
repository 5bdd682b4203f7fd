"""What goes out on a WebSocket."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, WARNING

RULES: Final = (
    Rule(
        "ws.reply-before-connect",
        HINT,
        APP,
        title="The handshake was answered before the connect was received",
        why="Spec: answer to the connect event; works, with one exception.",
        fix="Receive `websocket.connect` first.",
        spec="HTTP & WebSocket › Connect",
        practice=(
            "accept first: fine on all. close first: 403 on uvicorn, Hypercorn, Daphne; on Granian a receive() "
            "afterwards panics and the worker process exits."
        ),
    ),
    Rule(
        "ws.send-before-accept",
        ERROR,
        APP,
        title="A message was sent before the handshake was accepted",
        why="Handshake not answered.",
        fix="Send `websocket.accept` first.",
        spec="HTTP & WebSocket › Connect",
        practice="uvicorn, Hypercorn, Daphne raise; Granian reports success and loses the message.",
    ),
    Rule(
        "ws.accept-repeated",
        ERROR,
        APP,
        title="The handshake was accepted twice",
        why="One handshake.",
        fix="Accept in one place.",
        spec="HTTP & WebSocket › Accept",
        practice="All raise (Daphne: AttributeError).",
    ),
    Rule(
        "ws.accept-after-reject",
        ERROR,
        APP,
        title="The handshake was accepted after it had been rejected",
        why="Connection already refused.",
        fix="Return after rejecting.",
        spec="HTTP & WebSocket › Close",
        practice=(
            "uvicorn ClientDisconnected (OSError); Hypercorn, Daphne silent; Granian really opens the socket "
            "although close was sent first."
        ),
    ),
    Rule(
        "ws.send-after-close",
        ERROR,
        APP,
        title="A message was sent after the close",
        why="Socket is closing.",
        fix="Stop sending after `websocket.close`.",
        spec="HTTP & WebSocket › Close",
        practice=(
            "uvicorn RuntimeError, Hypercorn UnexpectedMessageError, Daphne autobahn Disconnected; Granian silent."
        ),
    ),
    Rule(
        "ws.close-repeated",
        ERROR,
        APP,
        title="The connection was closed twice",
        why="Uvicorn raises, others ignore.",
        fix="Close in one place, or remember that it is closed.",
        spec="HTTP & WebSocket › Close",
        practice="uvicorn RuntimeError; Hypercorn, Daphne, Granian silent.",
    ),
    Rule(
        "ws.send-after-disconnect",
        WARNING,
        APP,
        title="A message was sent after the client had left",
        why="Data is lost; spec announces an OSError.",
        fix="Remove the connection from those that are written to when its disconnect comes.",
        spec="HTTP & WebSocket › Disconnected Client (websocket)",
        practice="uvicorn raises ClientDisconnected (OSError subclass); Hypercorn, Daphne, Granian drop it silently.",
    ),
    Rule(
        "ws.close-after-disconnect",
        HINT,
        APP,
        title="The connection was closed after the client had left",
        why="Harmless cleanup.",
        fix="Nothing, or leave out the close once the disconnect has come.",
        spec="HTTP & WebSocket › Disconnected Client (websocket)",
        practice="uvicorn ClientDisconnected; others silent.",
    ),
    Rule(
        "ws.send-after-oserror",
        WARNING,
        APP,
        title="A message was sent after `send` had told that the client is gone",
        why="Server said the client is gone.",
        fix="Stop sending when `send` raises OSError.",
        spec="HTTP & WebSocket › Disconnected Client (websocket)",
        practice="uvicorn raises again each time.",
    ),
    Rule(
        "ws.returned-unanswered",
        ERROR,
        APP,
        title="The application returned without answering the handshake",
        why="Handshake never answered.",
        fix="Accept, close or deny on every path.",
        spec="HTTP & WebSocket › Connect",
        practice=(
            "uvicorn logs and 500; Hypercorn 500; Granian 403; Daphne leaves the client waiting (403 after its 20 "
            "s connect timeout)."
        ),
        servers={
            "uvicorn": "answers 500 and logs it",
            "hypercorn": "answers 500",
            "daphne": "leaves the client waiting for 20 s, then answers 403",
            "granian": "answers 403",
        },
    ),
    Rule(
        "ws.returned-open",
        WARNING,
        APP,
        title="The application returned while the connection was open",
        why="Scope lives as long as the socket; close it explicitly.",
        fix="Send `websocket.close` before returning.",
        spec="HTTP & WebSocket › Websocket connection scope",
        practice=(
            "uvicorn drops TCP without a close frame (client sees 1006); Hypercorn 1011; Granian closes without "
            "code; Daphne keeps the socket open."
        ),
        servers={
            "uvicorn": "drops the connection without a close frame (the client sees 1006)",
            "hypercorn": "closes with 1011",
            "daphne": "keeps the connection open",
            "granian": "closes without a code",
        },
    ),
    Rule(
        "ws.payload-both",
        ERROR,
        APP,
        title="A message has both text and bytes",
        why="Exactly one.",
        fix="Set one of them.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice="uvicorn and Hypercorn send only the bytes; Daphne, Granian raise.",
    ),
    Rule(
        "ws.payload-none",
        ERROR,
        APP,
        title="A message has neither text nor bytes",
        why="Exactly one.",
        fix="Set one of them.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice=(
            "uvicorn/websockets sends nothing silently; uvicorn/wsproto TypeError; Hypercorn KeyError/TypeError; "
            "Daphne silent; Granian raises."
        ),
    ),
    Rule(
        "ws.text-type",
        ERROR,
        APP,
        title="`text` is not a str",
        why="Unicode string.",
        fix="Decode it, or send it as `bytes`.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice=(
            "uvicorn/websockets, Hypercorn, Daphne raise; uvicorn/wsproto sends a binary frame; Granian sends an "
            "empty message."
        ),
    ),
    Rule(
        "ws.bytes-type",
        ERROR,
        APP,
        title="`bytes` is not bytes",
        why="Byte string.",
        fix="Encode it, or send it as `text`.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice=(
            "uvicorn/websockets, Hypercorn, Daphne raise; uvicorn/wsproto sends text; Granian sends an empty message."
        ),
    ),
    Rule(
        "ws.bytes-like",
        WARNING,
        APP,
        title="`bytes` is a bytearray or memoryview",
        why="Not portable.",
        fix="Convert it with `bytes()`.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice="Daphne AssertionError; others fine.",
    ),
    Rule(
        "ws.payload-empty",
        HINT,
        APP,
        title="An empty message was sent",
        why="One server drops it.",
        fix="Send something, if it has to arrive everywhere.",
        spec="HTTP & WebSocket › Send (websocket)",
        practice="Daphne silently drops empty messages; others send them.",
    ),
    Rule(
        "ws.accept-subprotocol-type",
        ERROR,
        APP,
        title="The subprotocol is not a str",
        why="Unicode string or None.",
        fix='Give one of `scope["subprotocols"]`, or None.',
        spec="HTTP & WebSocket › Accept",
        practice=(
            "uvicorn/websockets sends the repr (client fails); uvicorn/wsproto, Hypercorn raise; Daphne breaks "
            "the handshake; Granian ignores."
        ),
    ),
    Rule(
        "ws.accept-subprotocol-not-offered",
        ERROR,
        APP,
        title="The subprotocol was not offered by the client",
        why="Client must fail the connection.",
        fix='Choose one of `scope["subprotocols"]`, or None.',
        spec="HTTP & WebSocket › Accept; RFC 6455 §4.1",
        practice=(
            "uvicorn/wsproto and Hypercorn raise and drop the connection; Daphne hangs; uvicorn/websockets and "
            "Granian send it and the client aborts."
        ),
    ),
    Rule(
        "ws.accept-subprotocol-empty",
        ERROR,
        APP,
        title="The subprotocol is empty",
        why="Breaks the handshake on most servers; use None.",
        fix="Use None for “none”.",
        spec="HTTP & WebSocket › Accept",
        practice=(
            "uvicorn/websockets treats it as none; uvicorn/wsproto and Hypercorn raise and drop the connection; "
            "Daphne hangs; Granian sends an empty header and the client aborts."
        ),
    ),
    Rule(
        "ws.accept-header-subprotocol",
        ERROR,
        APP,
        title="The subprotocol was given as a header",
        why="Spec: use the `subprotocol` key.",
        fix="Use the key `subprotocol`.",
        spec="HTTP & WebSocket › Accept",
        practice="Hypercorn raises; uvicorn sends it; Daphne, Granian ignore all accept headers.",
    ),
    Rule(
        "ws.accept-reserved-header",
        ERROR,
        APP,
        title="A header of the handshake was set that belongs to the server",
        why="Handshake headers belong to the server; a duplicate makes clients abort.",
        fix="Leave it out.",
        spec="HTTP & WebSocket › Accept; RFC 6455 §4.2",
        practice=(
            "uvicorn and Hypercorn send `upgrade` twice and the client aborts; Daphne and Granian ignore all "
            "accept headers."
        ),
    ),
    Rule(
        "ws.accept-headers-unsupported",
        WARNING,
        APP,
        title="Headers were given to a server that sends none in the handshake",
        why="Spec: an error before 2.1; headers get lost.",
        fix="Look at `spec_version`, or set cookies in an HTTP response.",
        spec="HTTP & WebSocket › Spec Versions, Accept",
        practice="Daphne (no spec_version, so 2.0) drops them silently; Granian announces 2.3 but drops them too.",
    ),
    Rule(
        "ws.close-code-type",
        ERROR,
        APP,
        title="The close code is not an int",
        why="The specification asks for an int.",
        fix="Use an int, or leave it out.",
        spec="HTTP & WebSocket › Close",
        practice=(
            "None: uvicorn sends an empty close, Hypercorn TypeError, Daphne and Granian 1000. str: uvicorn "
            "raises, Hypercorn converts, Daphne raises, Granian 1000."
        ),
    ),
    Rule(
        "ws.close-code-invalid",
        ERROR,
        APP,
        title="The close code must not be sent",
        why="Must not appear in a close frame.",
        fix="Use 1000, 1001 to 1003, 1007 to 1014, or 3000 to 4999.",
        spec="HTTP & WebSocket › Close; RFC 6455 §7.4",
        practice=(
            "uvicorn/websockets ProtocolError; uvicorn/wsproto, Hypercorn send 1000 for 1005/1006/1015 and pass "
            "other bad codes (client answers 1002); Daphne raises and leaves the socket open; Granian passes it."
        ),
    ),
    Rule(
        "ws.close-code-portability",
        HINT,
        APP,
        title="The close code is refused by some servers",
        why="One server refuses all but two ranges.",
        fix="Use 1000, or one from 3000 to 4999.",
        spec="HTTP & WebSocket › Close",
        practice="Daphne/autobahn raises “must be 1000 or from [3000, 4999]” and keeps the socket open.",
    ),
    Rule(
        "ws.reject-code-invisible",
        HINT,
        APP,
        title="A code or reason was given where the client can't see it",
        why="Client only sees HTTP 403.",
        fix="Accept and then close, or use the denial response.",
        spec="HTTP & WebSocket › Close",
        practice="403 without body on all four; on Granian only once the app has returned.",
    ),
    Rule(
        "ws.close-reason-type",
        ERROR,
        APP,
        title="The close reason is not a str",
        why="Unicode string or None.",
        fix="Use a str.",
        spec="HTTP & WebSocket › Close",
        practice="uvicorn, Hypercorn AttributeError; Daphne, Granian ignore.",
    ),
    Rule(
        "ws.close-reason-too-long",
        ERROR,
        APP,
        title="The close reason is too long for its frame",
        why="Control frame limit is 125 bytes.",
        fix="Keep it below 124 bytes of UTF-8.",
        spec="HTTP & WebSocket › Close; RFC 6455 §5.5",
        practice=(
            "uvicorn/websockets ProtocolError, no close frame; uvicorn/wsproto and Hypercorn truncate; Granian "
            "sends an illegal frame (client answers 1002); Daphne ignores the reason."
        ),
    ),
    Rule(
        "ws.close-reason-unsupported",
        HINT,
        APP,
        title="A reason was given to a server that sends none",
        why="Added in 2.3.",
        fix="Nothing, if the reason is only for information.",
        spec="HTTP & WebSocket › Spec Versions",
        practice="Daphne ignores it.",
    ),
)
