"""The tour: all examples in one application, each mounted under a path of its own.

Mounting is a copy of the scope with a longer `root_path`; `path` stays whole. The lifespan goes on to those that have
one, and what they put into the state comes together. This is what `asgispy demo` runs, under its own traffic.

    asgispy run asgispy.demo.tour:app
"""

from html import escape

from asgispy.demo import bare, chat, echo, events, inside, lifespan, middleware, routing, three_arguments, trouble, wsgi
from asgispy.demo._basics import HTML, TEXT, answer_other, local_path, respond
from asgispy.demo._lifespans import run_lifespans
from asgispy.demo._pages import page
from asgispy.demo.catalogue import EXAMPLES, Example
from asgispy.errors import MissingExtra
from asgispy.model.asgi import ASGIApp, Receive, Scope, Send

MOUNTS: dict[str, ASGIApp] = {
    "/bare": bare.app,
    "/three": three_arguments.app,
    "/routing": routing.app,
    "/echo": echo.app,
    "/chat": chat.app,
    "/middleware": middleware.app,
    "/lifespan": lifespan.app,
    "/events": events.app,
    "/wsgi": wsgi.asgi_app,
    "/trouble": trouble.app,
    "/inside": inside.app,
}
WITH_LIFESPAN: list[ASGIApp] = [lifespan.app]

try:
    from asgispy.demo import api
except MissingExtra:
    pass  # the tour is complete without it, and the index page says what is missing
else:
    MOUNTS["/api"] = api.app
    WITH_LIFESPAN.append(api.app)


def index_line(example: Example, root: str) -> str:
    """A link, or the reason why there is none."""
    summary = escape(example.summary)
    if example.path in MOUNTS:
        return f'<li><a href="{escape(root + example.path)}">{example.path}</a> {summary}</li>'
    return f"<li><small>{example.path} {summary}: needs asgispy[{example.extra}]</small></li>"


def index(root: str) -> bytes:
    lines = "\n".join(index_line(example, root) for example in EXAMPLES)
    return page("A tour of ASGI", f'<p>Small applications, one point each.</p><ul class="card">{lines}</ul>')


async def visit(path: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the connection to the example that is mounted at the beginning of the path."""
    mount = "/" + path.split("/")[1]
    example = MOUNTS.get(mount)
    root = scope.get("root_path", "").rstrip("/")
    if example:
        await example({**scope, "root_path": root + mount, "path": root + path}, receive, send)
    elif scope["type"] == "websocket":
        await answer_other(scope, receive, send)
    elif path == "/":
        await respond(send, 200, HTML, index(root))
    else:
        await respond(send, 404, TEXT, b"There is nothing at this path. The tour begins at /\n")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """One application for all of them."""
    if scope["type"] == "lifespan":
        await run_lifespans(WITH_LIFESPAN, scope, receive, send)
    elif scope["type"] in ("http", "websocket"):
        await visit(local_path(scope), scope, receive, send)
    else:
        await answer_other(scope, receive, send)
