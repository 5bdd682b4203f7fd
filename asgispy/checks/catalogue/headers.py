"""Header lists of messages."""

from __future__ import annotations

from typing import Final

from asgispy.checks.rule import Rule
from asgispy.model.finding import APP, ERROR, HINT, WARNING

RULES: Final = (
    Rule(
        "headers.type",
        ERROR,
        APP,
        title="`headers` is not an iterable of pairs",
        why="Servers iterate it.",
        fix="Give a list of (name, value) pairs of bytes.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "TypeError from uvicorn, Hypercorn, Daphne for None; Granian RuntimeError. After the failure uvicorn "
            "has already marked the response as started: the client gets an empty reply and a closed socket "
            "instead of a 500; Hypercorn and Granian answer 500; Daphne hangs."
        ),
    ),
    Rule(
        "headers.mapping",
        ERROR,
        APP,
        title="`headers` is a mapping",
        why="Iterating a dict yields names only.",
        fix="Give its items: `[(name, value), ...]`.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "ValueError unpacking (uvicorn, Hypercorn); Daphne raises and sends its own 500 page; Granian RuntimeError."
        ),
    ),
    Rule(
        "headers.item-shape",
        ERROR,
        APP,
        title="A header is not a pair",
        why="Pairs only.",
        fix="Give (name, value).",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice="ValueError (uvicorn, Hypercorn, Daphne), RuntimeError (Granian).",
    ),
    Rule(
        "headers.name-type",
        ERROR,
        APP,
        title="A header's name is not bytes",
        why="Byte string.",
        fix='Encode it: `name.lower().encode("ascii")`.',
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "uvicorn/httptools, Hypercorn TypeError; Daphne ValueError plus its own 500; Granian RuntimeError; "
            "uvicorn/h11 accepts ASCII str."
        ),
    ),
    Rule(
        "headers.value-type",
        ERROR,
        APP,
        title="A header's value is not bytes",
        why="Byte string; ints for content-length are the classic.",
        fix='Encode it: `str(value).encode("latin-1")`.',
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice="as name-type.",
    ),
    Rule(
        "headers.bytes-like",
        WARNING,
        APP,
        title="A header is a bytearray or memoryview",
        why="Not portable.",
        fix="Convert it with `bytes()`.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice="uvicorn, Hypercorn, Granian accept; Daphne ValueError.",
    ),
    Rule(
        "headers.one-shot",
        WARNING,
        APP,
        title="`headers` can be read only once",
        why="The first layer that looks at it empties it.",
        fix="Give a list instead of a generator.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "Daphne validates by iterating and then sends no headers at all; Granian rejects iterator pairs; "
            "uvicorn, Hypercorn, Granian handle a generator of tuples."
        ),
    ),
    Rule(
        "headers.name-not-lower",
        HINT,
        APP,
        title="A header's name is not in lower case",
        why="Spec says must, but no server needs it.",
        fix="Write names in lower case.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "uvicorn/httptools and Granian lower-case, Daphne title-cases, uvicorn/h11 and Hypercorn/1.1 keep, "
            "HTTP/2 stacks lower-case."
        ),
    ),
    Rule(
        "headers.pseudo",
        ERROR,
        APP,
        title="A pseudo header was sent",
        why="Spec: must not be present.",
        fix="Leave names that begin with `:` to the server.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers",
        practice=(
            "RuntimeError (uvicorn/httptools), LocalProtocolError (uvicorn/h11), ValueError (Hypercorn), "
            "InvalidHeaderName (Daphne, response goes out without headers), RuntimeError (Granian)."
        ),
    ),
    Rule(
        "headers.name-invalid",
        ERROR,
        APP,
        title="A header's name has characters that are not allowed",
        why="Breaks or splits the header block.",
        fix="Use letters, digits and hyphens.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers; RFC 9110 §5.1",
        practice=(
            "Rejected by uvicorn/httptools (except the empty name, which goes out as `: 1`), uvicorn/h11, "
            "Hypercorn, Granian; Daphne raises but then sends the response without the rest of the headers."
        ),
    ),
    Rule(
        "headers.value-crlf",
        ERROR,
        APP,
        title="A header's value contains a line break or NUL",
        why="Header injection / response splitting.",
        fix="Never put unchecked input into headers; remove CR, LF and NUL.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers; RFC 9110 §5.5",
        practice=(
            "HTTP/1.1: rejected by uvicorn/httptools, uvicorn/h11, Hypercorn, Granian (client gets an empty reply "
            "or 500); Daphne replaces CRLF by a space and passes NUL. HTTP/2: uvicorn/zttp rejects, Hypercorn "
            "sends the raw CR/LF to the client."
        ),
    ),
    Rule(
        "headers.value-control",
        WARNING,
        APP,
        title="A header's value contains a control character",
        why="Illegal on the wire.",
        fix="Remove control characters.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers; RFC 9110 §5.5",
        practice=(
            "uvicorn/httptools RuntimeError and empty reply, Granian 500; uvicorn/h11, Hypercorn, Daphne send it."
        ),
    ),
    Rule(
        "headers.value-whitespace",
        WARNING,
        APP,
        title="A header's value begins or ends with white space",
        why="One common server refuses it.",
        fix="Strip it.",
        spec="HTTP & WebSocket › Response Start, Accept; Extensions › push, trailers; RFC 9110 §5.5",
        practice=(
            "uvicorn/h11 LocalProtocolError and empty reply; Hypercorn strips; uvicorn/httptools, Daphne, Granian "
            "send as is."
        ),
    ),
    Rule(
        "headers.value-non-ascii",
        HINT,
        APP,
        title="A header's value is not ASCII",
        why="Legal octets, but proxies and browsers disagree on the charset.",
        fix="Encode it: percent-encoding, or RFC 8187 for file names.",
        spec="HTTP & WebSocket › WSGI encoding differences; RFC 9110 §5.5",
        practice="All pass it through.",
    ),
)
