"""The Request and Response tabs as outlines.

What must not move in: reading (exchange), headers and bodies themselves.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from asgispy.analysis.content.body import Body
from asgispy.analysis.content.views import show
from asgispy.model.connection import WEBSOCKET
from asgispy.model.units import format_duration
from asgispy.tui.document import shortened
from asgispy.tui.outline import Item
from asgispy.tui.present import latin, offset_text, value_text
from asgispy.tui.rows.summary import status_look
from asgispy.tui.tabs.content import body_section, content_items
from asgispy.tui.tabs.headers import headers_section
from asgispy.tui.tabs.values import apart, section, value_item

if TYPE_CHECKING:
    from asgispy.model.events import Event
    from asgispy.tui.tabs.content import Frame
    from asgispy.tui.tabs.exchange import Exchange


def request_items(exchange: Exchange, frame: Frame) -> list[Item]:
    """What the client asked for."""
    scope = exchange.scope if isinstance(exchange.scope, dict) else {}
    items = [_request_line(exchange, scope)]
    query = scope.get("query_string")
    if isinstance(query, bytes) and query:
        content = show(Body(query, len(query), content_type="application/x-www-form-urlencoded"), "query")
        items.append(section("query", "query", content.title, content_items(content, frame)))
    items.append(headers_section(scope.get("headers", [])))
    if exchange.loaded is not None:
        notes = [] if exchange.loaded.body.data or exchange.bodies else ["the application did not ask for it"]
        items.append(_body(exchange, frame, notes))
    if exchange.gone is not None:
        text = f"{offset_text(exchange.gone.offset)} s  the client left, and the application was told"
        items.append(Item("gone", ((text, "warn"),), text))
    return apart(items)


def _request_line(exchange: Exchange, scope: dict[Any, Any]) -> Item:
    connection = exchange.connection
    method = connection.method or ("WebSocket" if connection.type == WEBSOCKET else "")
    raw = scope.get("raw_path")
    path = latin(raw) if isinstance(raw, bytes) and raw else connection.path or ""
    query = f"?{latin(connection.query)}" if connection.query else ""
    version = value_text(scope.get("http_version")).strip("'")
    line = (
        (shortened(method, 40), "strong"),
        (" ", "text"),
        (shortened(path + query), "text"),
        (f"  HTTP/{shortened(version, 20)}", "muted"),
    )
    return Item("line", line, path + query, method)


def response_items(exchange: Exchange, frame: Frame) -> list[Item]:
    """What the application answered."""
    start = exchange.start
    if start is None or not isinstance(start.message, dict):
        waits = exchange.connection.open
        text = "no response has been started yet" if waits else "the application started no response"
        return apart([Item("none", ((text, "muted" if waits else "bad"),), text), *_others(exchange)])
    message = start.message
    items = [_status_line(start), headers_section(message.get("headers", []))]
    known = ("type", "status", "headers")
    rest = [value_item(str(key), str(key), value) for key, value in message.items() if key not in known]
    if rest:
        items.insert(1, Item("rest", children=lambda: rest))
    if exchange.loaded is not None:
        items.append(_body(exchange, frame, []))
    return apart([*items, *_others(exchange)])


def _status_line(start: Event) -> Item:
    status = start.message.get("status")
    if status is None:  # a socket was accepted
        text = f"101 {HTTPStatus(101).phrase}"
        return Item("line", ((text, "good"), (f"  {_when(start)}", "muted")), text)
    text = value_text(status, 40)
    phrase = ""
    if type(status) is int and status in HTTPStatus._value2member_map_:
        phrase = f" {HTTPStatus(status).phrase}"
    look = status_look(status) if type(status) is int else "bad"
    return Item("line", ((shortened(text), look), (phrase, "strong"), (f"  {_when(start)}", "muted")), text + phrase)


def _when(event: Event) -> str:
    took = f", the server took {format_duration(event.duration)}" if event.duration is not None else ", pending"
    return f"{offset_text(event.offset)} s{took}"


def _body(exchange: Exchange, frame: Frame, notes: list[str]) -> Item:
    loaded = exchange.loaded
    assert loaded is not None
    title = "body" if exchange.bodies < 2 else f"body, {exchange.bodies:,} messages"
    if exchange.bodies >= 128:  # only the first and the last of them were looked at
        title = "body, many messages"
    return body_section("body", title, loaded.body, frame, left=loaded.left, more=loaded.more, notes=notes)


def _others(exchange: Exchange) -> list[Item]:
    """Early hints, trailers, pushes and whatever else was sent."""
    return [_other(event) for event in exchange.others]


def _other(event: Event) -> Item:
    message = event.message if isinstance(event.message, dict) else {}
    kind = str(message.get("type"))
    children = [
        value_item(str(key), str(key), value) for key, value in message.items() if key not in ("type", "headers")
    ]
    if "headers" in message:
        children.append(headers_section(message["headers"]))
    refused = f", refused by the server: {event.error.message}" if event.error is not None else ""
    name = {"http.response.early_hint": "early hint", "http.response.trailers": "trailers"}.get(kind, kind)
    return section(f"event{event.index}", shortened(name, 80), shortened(_when(event) + refused, 200), children)
