"""Recorded requests as a script of Python that sends them again with httpx, byte for byte. Pure.

What must not move in: how values become source (python) and masking (secrets).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.repeating.python import literal
from asgispy.formats.repeating.request import OWN, method_of, missing, names_of, raw_headers
from asgispy.formats.repeating.strung import SECRETS, Recipe, Written, comments, write
from asgispy.formats.url import authority_of, scheme_of, socket_of, target_of
from asgispy.model.connection import HTTP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.exchange import Exchange
    from asgispy.formats.source import Source
    from asgispy.model.connection import Connection

HEAD: Final = f'''#!/usr/bin/env python3
"""Sends requests that asgispy recorded, and prints what is answered.

pip install "httpx>=0.27", then run this file; with an argument such as http://127.0.0.1:9000, all requests go there.
"""
{SECRETS}
import sys

import httpx

BASE = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else ""
failed = 0
sys.stdout.reconfigure(errors="backslashreplace")


def send(method, base, target, headers=(), content=b"", chunked=False, socket=None):
    """Send one request as it is written here, and print the answer."""
    global failed
    print(f"{{method}} {{BASE or base}}{{target}}", flush=True)
    try:
        request = httpx.Request(
            method,
            (BASE or base) + target,
            headers=list(headers),
            content=iter([content]) if chunked else content,
            extensions={{"target": target.encode("ascii")}},  # as it was sent; the URL may be escaped anew
        )
        with httpx.Client(transport=httpx.HTTPTransport(uds=socket) if socket else None, timeout=60) as client:
            response = client.send(request)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failed += 1
        print(f"failed: {{type(error).__name__}}: {{error}}\\n", flush=True)
        return
    print(response.status_code, response.reason_phrase, flush=True)
    sys.stdout.buffer.write(response.content + b"\\n\\n")
    sys.stdout.buffer.flush()

'''
TAIL: Final = "\nsys.exit(1 if failed else 0)\n"

_OWN: Final = OWN | {b"transfer-encoding"}


def part_of(exchange: Exchange) -> Written:
    """One call of `send`."""
    scope, body = exchange.scope, exchange.request
    notes = missing(body.data, body.size)
    version = str(scope.get("http_version"))[:3] if isinstance(scope, dict) else ""
    if version.startswith(("2", "3")):
        notes.append(f"this was HTTP/{version}; it is sent as HTTP/1.1")
    arguments: dict[str, Any] = {"headers": raw_headers(scope, _OWN)}
    if body.data:
        arguments["content"] = body.data
        if b"transfer-encoding" in names_of(scope):
            arguments["chunked"] = True
    if socket := socket_of(scope):
        arguments["socket"] = socket
    base = f"{scheme_of(scope)}://{authority_of(scope)}"
    lines = [literal(value, 4) for value in (method_of(scope), base, target_of(scope))]
    lines += [f"{name}={literal(value, 4, len(name) + 1)}" for name, value in arguments.items() if value]
    call = "".join(f"    {line},\n" for line in lines)
    return Written(f"{comments(exchange, notes)}send(\n{call})\n", tuple(notes))


RECIPE: Final = Recipe(HEAD, lambda: part_of, (HTTP,), TAIL)


def write_httpx(
    source: Source, *, keep_secrets: bool, connections: Iterable[Connection] | None = None
) -> Iterator[bytes]:
    """A script that sends the requests, one after the other."""
    return write(RECIPE, source, keep_secrets=keep_secrets, connections=connections)
