"""The start of an HTTP response."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, WARNING

RULES: Final = (
    Rule(
        "http.status-missing",
        ERROR,
        APP,
        title="The start has no status",
        why="Required key.",
        fix="Add `status`.",
        spec="HTTP & WebSocket › Response Start",
        practice=(
            "KeyError (uvicorn, Hypercorn), ValueError (Daphne), RuntimeError (Granian). uvicorn then sends "
            "nothing at all: empty reply."
        ),
    ),
    Rule(
        "http.status-type",
        ERROR,
        APP,
        title="The status is not an int",
        why="The specification asks for an int.",
        fix="Use an int or `http.HTTPStatus`.",
        spec="HTTP & WebSocket › Response Start",
        practice=(
            "str: uvicorn KeyError and empty reply, Daphne fails at the body, Granian RuntimeError, Hypercorn "
            "converts. float: uvicorn/httptools, Hypercorn, Daphne accept, uvicorn/h11 and Granian refuse. True: "
            "uvicorn, Hypercorn raise, Granian's worker process dies."
        ),
    ),
    Rule(
        "http.status-range",
        ERROR,
        APP,
        title="The status is not from 100 to 599",
        why="Outside the HTTP status space.",
        fix="Use a status that HTTP knows.",
        spec="HTTP & WebSocket › Response Start; RFC 9110 §15",
        practice=(
            "uvicorn KeyError and empty reply; Hypercorn allows 200–999; Daphne sends anything; Granian: < 100 or "
            "> 999 panics and the worker process exits."
        ),
    ),
    Rule(
        "http.status-informational",
        ERROR,
        APP,
        title="The status is an informational one",
        why="1xx is not a final response.",
        fix="Send a final status; for 103 use the early hints extension.",
        spec="HTTP & WebSocket › Response Start; RFC 9110 §15.2",
        practice=(
            "uvicorn/httptools writes a broken 1xx with a chunked body; uvicorn/h11 and Hypercorn raise; Granian "
            "500 for 100/103, bare 101; Daphne writes it."
        ),
    ),
    Rule(
        "http.headers-missing",
        HINT,
        APP,
        title="The start has no headers",
        why="Legal, but one server refuses it.",
        fix="Add `headers`, even when the list is empty.",
        spec="HTTP & WebSocket › Response Start",
        practice="Granian: RuntimeError “Unsupported ASGI message”, 500. Others fine.",
    ),
    Rule(
        "http.trailers-flag-type",
        WARNING,
        APP,
        title="`trailers` is not a bool",
        why="The specification asks for a bool.",
        fix="Use True or False.",
        spec="HTTP & WebSocket › Response Start",
        practice="Truthiness decides (uvicorn/zttp, Hypercorn); ignored elsewhere.",
    ),
    Rule(
        "http.transfer-encoding-set",
        WARNING,
        APP,
        title="The application set transfer-encoding",
        why=("Server owns the framing; spec lets the app send it but says the server must ignore it, and none does."),
        fix="Leave it out: the server chooses the framing.",
        spec="HTTP & WebSocket › Response Start",
        practice=(
            "`chunked` alone works everywhere. `identity`: uvicorn/httptools sends both codings, "
            "uvicorn/h11/Hypercorn raise, Granian merges, Daphne replaces. uvicorn/zttp and Hypercorn drop it on "
            "HTTP/2."
        ),
    ),
    Rule(
        "http.transfer-encoding-and-length",
        ERROR,
        APP,
        title="The application set both transfer-encoding and content-length",
        why="Request-smuggling style ambiguity.",
        fix="Leave transfer-encoding out.",
        spec="HTTP & WebSocket › Response Start; RFC 9112 §6.1",
        practice=(
            "uvicorn/httptools and Daphne put both on the wire (Daphne then sends an unchunked body); uvicorn/h11 "
            "and Hypercorn drop the length; Granian closes the connection without a response."
        ),
    ),
    Rule(
        "http.content-length-invalid",
        ERROR,
        APP,
        title="The content-length is not a number",
        why="Not a number.",
        fix="Send digits only.",
        spec="HTTP & WebSocket › Response Start; RFC 9110 §8.6",
        practice=(
            "uvicorn/httptools ValueError for `two`, accepts `+2` and `-2`; uvicorn/h11, Hypercorn raise; Daphne, "
            "Granian send it."
        ),
    ),
    Rule(
        "http.content-length-conflict",
        ERROR,
        APP,
        title="Several content-lengths contradict each other",
        why="Two different lengths.",
        fix="Send one.",
        spec="HTTP & WebSocket › Response Start; RFC 9112 §6.3",
        practice="uvicorn/h11, Hypercorn raise; uvicorn/httptools and Daphne send both; Granian sends the right one.",
    ),
    Rule(
        "http.content-length-repeated",
        WARNING,
        APP,
        title="The content-length is given several times",
        why="Same value twice.",
        fix="Send it once; replace headers instead of appending them in middleware.",
        spec="HTTP & WebSocket › Response Start; RFC 9110 §8.6",
        practice="uvicorn/httptools, Daphne send both lines; others merge.",
    ),
    Rule(
        "http.length-on-204",
        WARNING,
        APP,
        title="A content-length was sent with status 204",
        why="No Content-Length in 1xx/204; clients may wait.",
        fix="Leave content-length out.",
        spec="RFC 9110 §8.6",
        practice=(
            "uvicorn/httptools RuntimeError “shorter than Content-Length” and close; uvicorn/h11, Hypercorn, "
            "Daphne send it; Granian drops the header."
        ),
    ),
    Rule(
        "http.length-on-304",
        HINT,
        APP,
        title="A content-length was sent with status 304",
        why="Legal, but the default uvicorn backend fails on it.",
        fix="Leave content-length out.",
        spec="RFC 9110 §15.4.5",
        practice="uvicorn/httptools raises “shorter than Content-Length” and closes; others fine.",
    ),
    Rule(
        "http.set-cookie-joined",
        HINT,
        APP,
        title="One set-cookie holds several cookies",
        why="Set-Cookie must not be folded with commas.",
        fix="Send a header for each cookie.",
        spec="HTTP & WebSocket › HTTP (cookies)",
        practice="Sent as is.",
    ),
)
