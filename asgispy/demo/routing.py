"""Routing: choose a function by method and path; read a JSON body; say what is wrong with 400, 404, 405 and 413.

A router is nothing but a look at `scope["method"]` and `scope["path"]`. What makes it a good one is the answers to
what does not fit: a path that is not there (404), a method that it does not know (405, with `allow`), a body that is
not what it should be (400).

    asgispy run asgispy.demo.routing:app
    curl -d '{"name": "tea"}' http://127.0.0.1:8000/items
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgispy.demo._basics import JSON, answer_other, local_path, read_body, respond
from asgispy.model.asgi import Receive, Scope, Send

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT = 10_000
KEPT = 100  # an example that is left running must not grow

items: dict[int, str] = {1: "coffee", 2: "cake"}


async def respond_json(send: Send, status: int, value: Any, *headers: tuple[bytes, bytes]) -> None:
    """The value as JSON, on one line that ends."""
    await respond(send, status, JSON, json.dumps(value).encode() + b"\n", headers)


async def list_items(scope: Scope, receive: Receive, send: Send) -> None:
    """GET /items"""
    await respond_json(send, 200, [{"id": number, "name": name} for number, name in items.items()])


async def show_item(scope: Scope, receive: Receive, send: Send) -> None:
    """GET /items/NUMBER"""
    number = local_path(scope).removeprefix("/items/")
    name = items.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
    if name is None:
        await respond_json(send, 404, {"error": f"there is no item {number}"})
    else:
        await respond_json(send, 200, {"id": int(number), "name": name})


async def add_item(scope: Scope, receive: Receive, send: Send) -> None:
    """POST /items with {"name": "…"}"""
    body = await read_body(receive, BODY_LIMIT)
    if body is None:
        return  # the client left in the middle of its request
    if len(body) > BODY_LIMIT:
        await respond_json(send, 413, {"error": f"the body is longer than {BODY_LIMIT} bytes"})
        return
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:  # not UTF-8 is a ValueError too
        await respond_json(send, 400, {"error": f"the body is not JSON: {error}"})
        return
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        await respond_json(send, 400, {"error": 'the body must be {"name": "some text"}'})
        return
    number = max(items) + 1
    items[number] = name
    if len(items) > KEPT:
        del items[min(items)]
    location = f"{scope.get('root_path', '')}/items/{number}".encode()
    await respond_json(send, 201, {"id": number, "name": name}, (b"location", location))


def routes(path: str) -> dict[str, Handler]:
    """The methods that a path knows; none at all means that the path is not there."""
    if path in ("/", "/items"):
        return {"GET": list_items, "HEAD": list_items, "POST": add_item}
    if path.startswith("/items/"):
        return {"GET": show_item, "HEAD": show_item}
    return {}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Find the function for this request and let it answer."""
    if scope["type"] != "http":
        await answer_other(scope, receive, send)
        return
    methods = routes(local_path(scope))
    handler = methods.get(scope["method"])
    if handler:
        await handler(scope, receive, send)
    elif methods:
        allow = (b"allow", ", ".join(methods).encode())
        await respond_json(send, 405, {"error": f"{scope['method']} is not known here"}, allow)
    else:
        await respond_json(send, 404, {"error": "there is nothing at this path"})
