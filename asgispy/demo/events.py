"""Server-Sent Events: one response that goes on, a few lines of text per event.

An event has an `id`, a name (`event`), its `data`, and ends with an empty line; a line that begins with a colon is a
comment, good for keeping the way open. Two things matter. The application must notice when the client leaves: a task
waits for `http.disconnect` while the events go out. And the stream ends by itself now and then: the browser comes
back after `retry` milliseconds with `Last-Event-ID`, and a server that shuts down has nobody to wait for.

    asgispy run asgispy.demo.events:app      and open the page, or: curl -N http://127.0.0.1:8000/stream
"""

import asyncio
import json
import math

from asgispy.demo._basics import HTML, TEXT, answer_other, departure, local_path, respond
from asgispy.demo._pages import page
from asgispy.model.asgi import Receive, Scope, Send

INTERVAL = 0.5
EVENTS_PER_STREAM = 60
HEARTBEAT_EVERY = 5


def last_seen(scope: Scope) -> int:
    """The id after which to go on; 0 when the client is new or sends nonsense."""
    value = dict(scope["headers"]).get(b"last-event-id", b"")
    return int(value) if value.isdigit() and len(value) < 10 else 0


def tide(number: int) -> bytes:
    """Event number N: a water level that rises and falls."""
    level = round(50 + 35 * math.sin(number / 5) + 10 * math.sin(number / 1.7))
    return f"id: {number}\nevent: tide\ndata: {json.dumps({'level': level})}\n\n".encode()


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Send events until the client leaves or this stream has lasted long enough."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    try:
        async with departure(receive) as left:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
            first = last_seen(scope) + 1
            for number in range(first, first + EVENTS_PER_STREAM):
                chunk = tide(number)
                if number % HEARTBEAT_EVERY == 0:
                    chunk += b": still here\n\n"
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await asyncio.wait({left}, timeout=INTERVAL)
                if left.done():
                    return
            await send({"type": "http.response.body", "body": b""})
    except OSError:
        pass  # the client left while an event was on its way


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The stream, and the page that draws it."""
    if scope["type"] != "http":
        await answer_other(scope, receive, send)
    elif local_path(scope) == "/stream":
        await stream(scope, receive, send)
    elif local_path(scope) == "/":
        await respond(send, 200, HTML, page("The tide, as it comes in", BODY, SCRIPT))
    else:
        await respond(send, 404, TEXT, b"The page is at / and the events are at /stream\n")


BODY = """
<p>Event <b id="number">…</b> <span id="state">Connecting …</span></p>
<div class="card" id="chart" style="display: flex; align-items: flex-end; gap: 3px; height: 14rem"></div>
"""

SCRIPT = """
const find = id => document.getElementById(id);
const source = new EventSource(location.pathname.replace(/\\/$/, "") + "/stream");
source.onopen = () => { find("state").textContent = "and counting."; };
source.onerror = () => { find("state").textContent = "was the last one; coming back …"; };
source.addEventListener("tide", event => {
  const bar = document.createElement("div");
  bar.style.cssText = "flex: 1; border-radius: 3px; background: var(--warm); height: "
    + JSON.parse(event.data).level + "%";
  find("chart").append(bar);
  while (find("chart").children.length > 40) find("chart").firstChild.remove();
  find("number").textContent = event.lastEventId;
});
"""
