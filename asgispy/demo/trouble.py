"""Applications that go wrong, on purpose, one way per path, so that there is something to find.

/before     raises before the response has started: the server answers 500
/after      raises after the response has started: the client gets half of it
/slow       takes 1.5 seconds before it answers
/trickle    answers with a word every half second, and stops when the client leaves
/hang       never answers; it ends when the client leaves
/socket     a WebSocket that is accepted and then closed with 1011, internal error

asgispy run asgispy.demo.trouble:app
"""

import asyncio

from asgispy.demo._basics import TEXT, answer_other, client_left, departure, local_path, respond
from asgispy.model.asgi import Receive, Scope, Send

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", TEXT)]}
WORDS = b"This answer comes slowly , one word after the other .".split()


class TroubleError(Exception):
    """Raised on purpose."""


async def raise_before(receive: Receive, send: Send) -> None:
    raise TroubleError("raised before the response started")


async def raise_after(receive: Receive, send: Send) -> None:
    await send(dict(START))
    await send({"type": "http.response.body", "body": b"Here is the first half, and", "more_body": True})
    try:
        raise KeyError("second half")
    except KeyError as error:
        raise TroubleError("raised after the response started") from error


async def answer_late(receive: Receive, send: Send) -> None:
    await asyncio.sleep(1.5)
    await respond(send, 200, TEXT, b"Sorry for the wait.\n")


async def trickle(receive: Receive, send: Send) -> None:
    try:
        async with departure(receive) as left:
            await send(dict(START))
            for word in WORDS:
                await send({"type": "http.response.body", "body": word + b"\n", "more_body": True})
                await asyncio.wait({left}, timeout=0.5)
                if left.done():
                    return
            await send({"type": "http.response.body", "body": b""})
    except OSError:
        pass  # the client left while a word was on its way


async def hang(receive: Receive, send: Send) -> None:
    await client_left(receive)


async def close_in_error(receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "This will not end well."})
    await send({"type": "websocket.close", "code": 1011, "reason": "broken on purpose"})


TROUBLES = {
    ("http", "/before"): raise_before,
    ("http", "/after"): raise_after,
    ("http", "/slow"): answer_late,
    ("http", "/trickle"): trickle,
    ("http", "/hang"): hang,
    ("websocket", "/socket"): close_in_error,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Get into the trouble that the path asks for; any other path lists what there is."""
    trouble = TROUBLES.get((scope["type"], local_path(scope))) if scope["type"] in ("http", "websocket") else None
    if trouble:
        await trouble(receive, send)
    elif scope["type"] == "http":
        await respond(send, 200, TEXT, (__doc__ or "").encode())
    else:
        await answer_other(scope, receive, send)
