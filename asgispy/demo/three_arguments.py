"""All three arguments: what the connection is, what the client sends, what the application sends.

`scope` is a dict that holds everything known at the start. `receive` hands over the body in as many messages as the
server saw fit, until `more_body` is false; or `http.disconnect`, when the client left. `send` may be called as often
as there is something to say. This application answers with what it was given.

    asgispy run asgispy.demo.three_arguments:app
    curl --data-binary @some.file http://127.0.0.1:8000/any/path?and=query
"""

from asgispy.demo._basics import TEXT, answer_other
from asgispy.model.asgi import Receive, Scope, Send


def describe_scope(scope: Scope) -> str:
    """One line per key, and one per header, since headers are what one looks for."""
    lines = [f"{key:>14}: {value!r}" for key, value in scope.items() if key != "headers"]
    lines += [f"{'header':>14}: {name.decode('latin-1')} = {value!r}" for name, value in scope["headers"]]
    return "\n".join(["scope", *lines, ""])


async def drain(receive: Receive) -> list[int] | None:
    """The size of each body message, or None when the client left before the last one.

    The bytes are let go as they come, so an upload of any size takes no memory.
    """
    sizes = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        sizes.append(len(message.get("body", b"")))
        if not message.get("more_body", False):
            return sizes


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a readable view of scope and body, in three body messages."""
    if scope["type"] != "http":
        await answer_other(scope, receive, send)
        return
    sizes = await drain(receive)
    if sizes is None:
        return  # nobody is left to answer
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", TEXT)]})
    await send({"type": "http.response.body", "body": describe_scope(scope).encode(), "more_body": True})
    received = f"\nreceive\n{'messages':>14}: {len(sizes)}\n{'bytes':>14}: {sum(sizes)}\n"
    await send({"type": "http.response.body", "body": received.encode(), "more_body": True})
    sent = f"\nsend\n{'messages':>14}: 4, one start and three bodies\n"
    await send({"type": "http.response.body", "body": sent.encode(), "more_body": False})
