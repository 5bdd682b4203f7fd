"""Reads what is compared of a connection, bounded. For a worker thread with a reader of its own.

What must not move in: comparing (tui/comparing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgispy.analysis.content.encoding import plain_body
from asgispy.formats.url import header_of
from asgispy.model.connection import HTTP
from asgispy.model.events import RECEIVE, SEND
from asgispy.model.values import Opaque
from asgispy.tui.acting.subject import LONG, payload_of, telling
from asgispy.tui.comparing.compare import BODY_LIMIT, Payload, Side
from asgispy.tui.present import preview, value_text

if TYPE_CHECKING:
    from typing import Any

    from asgispy.capture.messages import Direction
    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event

MESSAGES_LIMIT: Final = 3_000
"""Messages of a socket that are compared."""
_TEXT: Final = 1_000
"""Characters of each of them."""


def side(reader: CaptureReader, id: int) -> Side | None:
    """One side of a comparison; None when the connection has been evicted. Raises CaptureError."""
    connection = reader.connection(id)
    if connection is None:
        return None
    opened = reader.events(connection, 0, 1)
    scope = opened[0].message if opened else Opaque("missing", "not recorded")
    answer, error = telling(reader, connection)
    if connection.type == HTTP:
        received = _payload(reader, connection, "received", scope)
        sent = _payload(reader, connection, "sent", answer)
        return Side(connection, scope, answer, received, sent, error=error)
    events = reader.events(connection, 1, MESSAGES_LIMIT, LONG)
    messages = tuple(_message(event) for event in events if event.kind in (RECEIVE, SEND))
    more = connection.messages > len(messages)
    return Side(connection, scope, answer, messages=messages, more_messages=more, error=error)


def _payload(reader: CaptureReader, connection: Connection, direction: Direction, carrier: Any) -> Payload:
    data, size, complete = reader.body(connection, direction, BODY_LIMIT)
    plain, _ = plain_body(data, header_of(carrier, b"content-encoding") or "", BODY_LIMIT)
    return Payload(plain, size, complete)


def _message(event: Event) -> tuple[str, str]:
    arrow = "→" if event.kind == RECEIVE else "←"
    payload = payload_of(event)
    if payload is not None:
        return arrow, preview(payload[0], _TEXT)
    if not isinstance(event.message, dict):
        return arrow, "pending" if event.message is None else value_text(event.message, _TEXT)
    rest = {key: value for key, value in event.message.items() if key not in ("type", "headers")}
    return arrow, f"{event.message.get('type')} {value_text(rest, _TEXT) if rest else ''}".strip()
