"""The bare application: an ASGI application is one async function.

The server calls it once per connection. `scope` says what kind of connection it is; for HTTP the answer is two
messages: `http.response.start` with status and headers, then `http.response.body`. Header names are lowercase bytes.
Nothing else is needed: no framework, no class.

    asgispy run asgispy.demo.bare:app
"""

from asgispy.demo._basics import answer_other
from asgispy.model.asgi import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Say hello to every request, whatever its path."""
    if scope["type"] != "http":
        await answer_other(scope, receive, send)
        return
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"14")],
        }
    )
    await send({"type": "http.response.body", "body": b"Hello, world!\n"})
