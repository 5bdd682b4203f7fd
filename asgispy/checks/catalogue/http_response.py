"""HTTP responses: order, bodies and ends."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, SERVER, WARNING

RULES: Final = (
    Rule(
        "http.body-before-start",
        ERROR,
        APP,
        title="The body was sent before the response's start",
        why="Start must come first.",
        fix="Send `http.response.start` first.",
        spec="HTTP & WebSocket › Response Start",
        practice=(
            "RuntimeError (uvicorn, Granian), UnexpectedMessageError (Hypercorn), ValueError (Daphne); a later "
            "correct start still works."
        ),
    ),
    Rule(
        "http.start-repeated",
        ERROR,
        APP,
        title="A second start was sent",
        why="One start.",
        fix="Send one start; error handlers must look whether the response has started.",
        spec="HTTP & WebSocket › Response Start",
        practice="All raise.",
    ),
    Rule(
        "http.start-after-complete",
        ERROR,
        APP,
        title="A second response was started",
        why="Spec: ignored; servers raise.",
        fix="Return after the last body message.",
        spec="HTTP & WebSocket › Response Body",
        practice="uvicorn, Hypercorn, Granian raise; Daphne silent.",
    ),
    Rule(
        "http.body-after-complete",
        ERROR,
        APP,
        title="A body message was sent after the last one",
        why="Spec: ignored; servers raise.",
        fix="Set `more_body` to True on all body messages but the last.",
        spec="HTTP & WebSocket › Response Body",
        practice="uvicorn, Hypercorn, Granian raise; Daphne silent.",
    ),
    Rule(
        "http.no-response",
        ERROR,
        APP,
        title="The application returned without a response",
        why="Client gets a 500 or hangs.",
        fix="Send a response on every path through the application.",
        spec="HTTP & WebSocket › Response Start",
        practice=(
            "uvicorn 500 and log; Hypercorn and Granian 500 without a log line; Daphne leaves the client hanging "
            "(no http timeout by default)."
        ),
        servers={
            "uvicorn": "answers 500 and logs it",
            "hypercorn": "answers 500 without a log line",
            "daphne": "leaves the client waiting",
            "granian": "answers 500 without a log line",
        },
    ),
    Rule(
        "http.start-only",
        ERROR,
        APP,
        title="The application returned after the start, without a body",
        why="Start needs at least one content message.",
        fix="Send `http.response.body` even for an empty body.",
        spec="HTTP & WebSocket › Response Start",
        practice="uvicorn and Hypercorn/1.1 close the socket after the headers; Daphne hangs; Granian 500.",
        servers={
            "uvicorn": "closes the connection after the headers",
            "hypercorn": "closes the connection after the headers",
            "daphne": "leaves the client waiting",
            "granian": "answers 500",
        },
    ),
    Rule(
        "http.body-unfinished",
        ERROR,
        APP,
        title="The application returned in the middle of the body",
        why="Client sees truncation or waits for ever.",
        fix="Send a last body message without `more_body`.",
        spec="HTTP & WebSocket › Response Body",
        practice=(
            "uvicorn logs and closes; Hypercorn/1.1 closes, Hypercorn HTTP/2 never ends the stream (client "
            "hangs); uvicorn/zttp resets it; Daphne leaves it open; Granian closes."
        ),
        servers={
            "uvicorn": "logs it and closes the connection",
            "hypercorn": "closes the connection; on HTTP/2 the client waits for ever",
            "daphne": "leaves the connection open",
            "granian": "closes the connection",
        },
    ),
    Rule(
        "http.body-too-long",
        ERROR,
        APP,
        title="The body is longer than its content-length",
        why="More bytes than announced.",
        fix="Recompute content-length where the body is changed.",
        spec="HTTP & WebSocket › Response Body",
        practice=(
            "uvicorn, Hypercorn/1.1 raise and close before writing the excess; uvicorn/zttp resets; Hypercorn "
            "HTTP/2 and Daphne send it; Granian truncates."
        ),
    ),
    Rule(
        "http.body-too-short",
        ERROR,
        APP,
        title="The body is shorter than its content-length",
        why="Client waits for the rest.",
        fix="Recompute content-length where the body is changed; count bytes, not characters.",
        spec="HTTP & WebSocket › Response Body",
        practice=(
            "uvicorn/httptools RuntimeError and close; uvicorn/h11 raises and leaves the socket open; "
            "Hypercorn/1.1 raises and closes; Daphne, Granian leave the client waiting."
        ),
    ),
    Rule(
        "http.body-type",
        ERROR,
        APP,
        title="The body is not bytes",
        why="Byte string.",
        fix="Encode text before sending it.",
        spec="HTTP & WebSocket › Response Body",
        practice=(
            "str: TypeError in uvicorn, Hypercorn, Daphne; Granian sends an empty body with 200. None: uvicorn "
            "and Granian send empty, Hypercorn and Daphne raise."
        ),
    ),
    Rule(
        "http.body-bytes-like",
        WARNING,
        APP,
        title="The body is a bytearray or memoryview",
        why="Not portable.",
        fix="Convert it with `bytes()`.",
        spec="HTTP & WebSocket › Response Body",
        practice=(
            "Daphne TypeError; uvicorn, Hypercorn, Granian fine. Copy it when recording: the app may reuse the buffer."
        ),
    ),
    Rule(
        "http.more-body-truthy",
        ERROR,
        APP,
        title="`more_body` is true, but not a bool",
        why="Servers disagree on where the response ends.",
        fix="Use True.",
        spec="HTTP & WebSocket › Response Body",
        practice="uvicorn, Hypercorn, Daphne continue; Granian treats it as False and ends the response.",
    ),
    Rule(
        "http.more-body-falsy",
        HINT,
        APP,
        title="`more_body` is false, but not a bool",
        why="Works everywhere.",
        fix="Use False, or leave it out.",
        spec="HTTP & WebSocket › Response Body",
        practice="Treated as False by all.",
    ),
    Rule(
        "http.body-on-head",
        HINT,
        APP,
        title="A body was sent for HEAD",
        why="Servers strip it; wasted work.",
        fix="Send an empty body for HEAD, with the headers of GET.",
        spec="HTTP & WebSocket › Response Body",
        practice="Stripped by all measured servers.",
    ),
    Rule(
        "http.body-on-no-content",
        ERROR,
        APP,
        title="A body was sent with a status that has none",
        why="204 and 304 carry no body.",
        fix="Send an empty body with 204 and 304.",
        spec="HTTP & WebSocket › Response Body; RFC 9110 §15.3.5, §15.4.5",
        practice=(
            "uvicorn raises and closes the connection after the headers; Hypercorn, Daphne, Granian drop the body."
        ),
    ),
    Rule(
        "http.body-on-reset-content",
        WARNING,
        APP,
        title="A body was sent with status 205",
        why="205 must not have content.",
        fix="Send an empty body with 205.",
        spec="RFC 9110 §15.3.6",
        practice="All send the body.",
    ),
    Rule(
        "http.send-after-disconnect",
        HINT,
        APP,
        title="A message was sent after the client had left",
        why="Work for nobody; often unavoidable.",
        fix="Watch for `http.disconnect`, if the work is worth saving.",
        spec="HTTP & WebSocket › Disconnected Client, Disconnect; ASGI › Error Handling",
        practice=(
            "uvicorn, Daphne: silent no-op; Hypercorn and Granian: nothing reaches the wire, but their state "
            "machines still raise on a wrong order. None raises OSError for http (all announce < 2.4)."
        ),
    ),
    Rule(
        "http.stream-after-disconnect",
        WARNING,
        APP,
        title="A stream went on long after the client had left",
        why="Keeps a worker busy.",
        fix="Receive beside the stream and stop at `http.disconnect`.",
        spec="HTTP & WebSocket › Disconnect",
    ),
    Rule(
        "http.send-after-oserror",
        WARNING,
        APP,
        title="A message was sent after `send` had told that the client is gone",
        why="Server said the client is gone.",
        fix="Stop sending when `send` raises OSError.",
        spec="HTTP & WebSocket › Disconnected Client",
        practice="uvicorn (websocket) raises again.",
    ),
    Rule(
        "http.disconnect-error-class",
        HINT,
        SERVER,
        title="`send` raised something else than OSError after the client had left",
        why="Should be an OSError subclass since 2.4.",
        fix="Report it to the server, or mend the middleware or test client that made the scope or message.",
        spec="HTTP & WebSocket › Disconnected Client",
        practice="None of the measured raise anything here on http.",
    ),
)
