"""One event in full, as an outline.

What must not move in: reading, painting, and how bodies are decoded (content).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.model.connection import HTTP
from asgispy.model.events import OPEN, RAISE, RETURN, SEND
from asgispy.model.units import format_duration, format_size
from asgispy.model.values import BytesLike, size_of
from asgispy.tui.document import pair, shortened, value_look
from asgispy.tui.outline import Item
from asgispy.tui.present import close_text, offset_text, value_text
from asgispy.tui.rows.summary import status_look
from asgispy.tui.tabs.carried import BODIES, body_of, cancelled
from asgispy.tui.tabs.content import body_section
from asgispy.tui.tabs.error import event_error
from asgispy.tui.tabs.headers import headers_section
from asgispy.tui.tabs.values import apart, section, value_item

if TYPE_CHECKING:
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.tabs.content import Frame


def event_items(event: Event, connection: Connection, frame: Frame, headers: Any = None) -> list[Item]:
    """Everything that is known of an event; `headers` are those of the side that it belongs to."""
    items = [_title(event)]
    if event.kind == OPEN:
        items += scope_items(event.message)
    elif event.kind in (RAISE, RETURN):
        items += [] if event.error else [_ending(connection)]
    else:
        items += _message(event.message, frame, headers)
    if cancelled(event):
        text = "cancelled: the application stopped waiting for a message"
        items.append(Item("cancelled", ((text, "muted"),), text))
    elif event.error is not None:
        items.append(event_error(event))
    return apart(items)


def dropped_items(index: int, connection: Connection) -> list[Item]:
    """What stands for an event that is not there."""
    why = "it has not been told yet" if connection.open else "the application's outbox had no room for it"
    return [Item("title", ((f"event {index} is not recorded", "strong"),)), Item("why", ((why, "muted"),))]


def _title(event: Event) -> Item:
    line = [(event.name, "strong"), (f"  {offset_text(event.offset)} s", "muted")]
    if event.kind not in (OPEN, RAISE, RETURN):
        verb = "server took" if event.kind == SEND else "application waited"
        pending = event.duration is None
        took = "  pending" if event.duration is None else f"  {verb} {format_duration(event.duration)}"
        line.append((took, "wait" if pending else "muted"))
    return Item("title", tuple(line))


def scope_items(scope: Any) -> list[Item]:
    """A scope: headers, then every other key as a foldable value."""
    if not isinstance(scope, dict):
        return [_malformed("scope", scope)]
    keys = [
        value_item(str(number), str(key), value)
        for number, (key, value) in enumerate(scope.items())
        if key != "headers"
    ]
    items = [headers_section(scope["headers"])] if scope.get("headers") else []
    return [*items, section("scope", "scope", "", keys)]


def _malformed(what: str, value: Any) -> Item:
    text = value_text(value, 10_000)
    return section(what, what, "malformed", [Item("0", ((shortened(text), "bad"),), text)])


def _message(message: Any, frame: Frame, headers: Any) -> list[Item]:
    if not isinstance(message, dict):
        return [_malformed("message", message)] if message is not None else []
    plain = [
        _plain(str(number), str(key), value)
        for number, (key, value) in enumerate(message.items())
        if key not in ("headers", *BODIES)
    ]
    items = [section("message", "message", "", plain)]
    if "headers" in message:
        items.append(headers_section(message["headers"]))
    return items + [_body(key, message[key], frame, headers) for key in BODIES if message.get(key) is not None]


def _plain(key: str, label: str, value: Any) -> Item:
    text = value_text(value)
    if label == "status" and type(value) is int:
        return Item(key, pair(label, text, status_look(value)), text, label)
    if label == "code" and type(value) is int:
        return Item(key, pair(label, f"{text} {close_text(value)}".rstrip(), value_look(value)), text, label)
    return value_item(key, label, value, quoted=False)


def _body(key: str, value: Any, frame: Frame, headers: Any) -> Item:
    body = body_of(value, headers if key == "body" else None)
    if body is None:
        text = value_text(value, 10_000)
        return section(key, key, "neither bytes nor text", [Item("0", ((shortened(text), "bad"),), text)])
    notes = []
    if isinstance(value, BytesLike):
        notes.append(f"a {value.type}, where ASGI asks for bytes; {format_size(size_of(value))}")
    elif body.text and key != "text":
        notes.append("a text, where ASGI asks for bytes")
    return body_section(key, key, body, frame, notes=notes)


def _ending(connection: Connection) -> Item:
    text = "the callable ended"
    if connection.type == HTTP and connection.last_byte is not None and connection.duration is not None:
        after = max(0, connection.duration - connection.last_byte)
        text = f"the callable ended {format_duration(after)} after the last byte of the response"
    return Item("ending", ((text, "muted"),), text)
