"""A WSGI application: one ordinary function call per request, in a thread, as Python's web began.

WSGI has no `await`, no WebSockets and no lifespan, yet much of the world runs on it. An adapter makes it an ASGI
application: it turns the scope into `environ`, runs the function in a thread, and sends each piece of what the
function returns. `asgispy run` adapts by itself; for another ASGI server name `asgi_app`.

    asgispy run asgispy.demo.wsgi:app
    uvicorn asgispy.demo.wsgi:asgi_app
"""

import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from a2wsgi import WSGIMiddleware

from asgispy.demo._basics import answer_other
from asgispy.model.asgi import Message, Receive, Scope, Send


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with what WSGI knows of the request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    lines = [
        f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO') or '/'}",
        f"mounted at {environ.get('SCRIPT_NAME') or '/'}",
        f"{len(body)} bytes in the body",
        f"answered in {threading.current_thread().name}",
    ]
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{line}\n".encode() for line in lines]


# The adapter has its own, narrower names for the types of WSGI and ASGI; Any keeps them out of this file.
plain: Any = app
adapted: Any = WSGIMiddleware(plain)


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """The same application for an ASGI server; what WSGI does not know of is answered here."""

    async def receive_in_coroutine() -> Message:
        return await receive()  # any awaitable will do for ASGI, but the adapter insists on a coroutine

    if scope["type"] == "http":
        await adapted(scope, receive_in_coroutine, send)
    else:
        await answer_other(scope, receive, send)
