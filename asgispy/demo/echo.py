"""A WebSocket echo: one call of the application is one session, from `websocket.connect` to `websocket.disconnect`.

First `websocket.connect` is received and answered with `websocket.accept`. Then each `websocket.receive` holds either
`text` or `bytes`; the other one may be there too, as None, so compare with None: an empty text is a text. The session
ends when the client goes (`websocket.disconnect`) or when the application says so (`websocket.close`): say "bye".

    asgispy run asgispy.demo.echo:app
    websockets ws://127.0.0.1:8000/
"""

from asgispy.demo._basics import TEXT, answer_other, respond
from asgispy.model.asgi import Receive, Scope, Send

HINT = b"This is a WebSocket echo. Connect with ws:// instead of http://, and say bye when you are done.\n"


async def session(receive: Receive, send: Send) -> None:
    """Send back what comes in, until either side has had enough."""
    await receive()  # websocket.connect, always first
    await send({"type": "websocket.accept"})
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text == "bye":
            await send({"type": "websocket.send", "text": "goodbye"})
            await send({"type": "websocket.close", "code": 1000, "reason": "you said bye"})
            return
        if text is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """A session for WebSockets, a hint for whoever comes with HTTP."""
    if scope["type"] == "websocket":
        try:
            await session(receive, send)
        except OSError:
            pass  # the client left while it was being answered; there is nothing to clean up
    elif scope["type"] == "http":
        await respond(send, 200, TEXT, HINT)
    else:
        await answer_other(scope, receive, send)
