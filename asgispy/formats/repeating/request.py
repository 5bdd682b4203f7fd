"""What of a recorded request another program can be told: its method, its headers, its body as text. Pure.

What can't be said safely is left out and noted: control characters, headers whose names are none, binary values.
What must not move in: what any one program makes of it (curl, httpie, sockets).
"""

from __future__ import annotations

import re
from typing import Any, Final

from asgispy.formats.url import as_bytes, authority_of

INLINE: Final = 48 * 1024
"""Bytes of a body up to which it stands in the command itself: Linux takes no argument beyond 128 kB."""
FILE: Final = "body.bin"
"""The file that a longer body is to be saved as when a command is copied."""
OWN: Final = frozenset(
    {b"connection", b"content-length", b"keep-alive", b"proxy-connection", b"upgrade", b"http2-settings"}
)
"""Headers that a client makes itself, and those of a connection that is not repeated."""
LEFT_OUT: Final = "a header that can't stand in a command was left out"

TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def method_of(scope: Any) -> str:
    """The method; GET where there is none that HTTP allows."""
    method = scope.get("method") if isinstance(scope, dict) else None
    return method if isinstance(method, str) and TOKEN.fullmatch(method.encode("utf-8", "replace")) else "GET"


def listed(scope: Any) -> list[Any]:
    """The headers as they were recorded."""
    headers = scope.get("headers") if isinstance(scope, dict) else None
    return list(headers) if isinstance(headers, list | tuple) else []


def names_of(scope: Any) -> set[bytes]:
    """The names of all headers, in lower case."""
    return {(as_bytes(each[0]) or b"").lower() for each in listed(scope) if isinstance(each, list | tuple) and each}


def headers_of(scope: Any, own: frozenset[bytes], notes: list[str]) -> list[tuple[bytes, str]]:
    """Names and values that have to be given: not those that the client makes itself, nor a host that the URL says."""
    found = []
    for header in listed(scope):
        pair = _pair(header)
        if pair is None:
            notes.append(LEFT_OUT)
        elif pair[0].lower() not in own and (pair[0].lower() != b"host" or pair[1] != authority_of(scope)):
            found.append(pair)
    return found


def raw_headers(scope: Any, own: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """Names and values as they were sent, without what the client makes itself; what is no pair is left out."""
    found = []
    for header in listed(scope):
        match header:
            case [name, value] if (key := as_bytes(name)) is not None and (data := as_bytes(value)) is not None:
                if key.lower() not in own:
                    found.append((key, data))
    return found


def _pair(header: Any) -> tuple[bytes, str] | None:
    """Name and value; None where a command could not say them, or would say something else."""
    match header:
        case [name, value]:
            key, data = as_bytes(name), as_bytes(value)
            if key is None or data is None or not TOKEN.fullmatch(key):
                return None
            text = text_of(data)
            return None if text is None or "\n" in text else (key, text)
        case _:
            return None


def text_of(data: bytes) -> str | None:
    """Data as a shell's argument can hold it; None for what is rather binary."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(text) else text


def missing(body: bytes, size: int | None) -> list[str]:
    """The note on a body of which not all was recorded."""
    if size is None or size <= len(body):
        return []
    return [f"only the first {len(body):,} of the body's {size:,} bytes were recorded"]
