"""What the rows of the Messages tab say, and the filter that chooses among them. Pure, but for `Filtering`'s reader.

What must not move in: painting (widgets/message_list), and a message in full (event).
"""

from __future__ import annotations

import re
import threading
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.errors import UsageError
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.model.values import Cut
from asgispy.tui.present import close_text, latin, preview, value_text
from asgispy.tui.tabs.carried import cancelled, carried_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.tabs.order import TimeOrder

PAGE: Final = 512
"""Events that one step of filtering reads."""
SEARCHED: Final = 1 << 20
"""Bytes of a message that are searched."""
_NEAR: Final = 8
"""Events that are rather read along than jumped over."""
_JSON_SPACE: Final = re.compile(r'("(?:[^"\\]|\\.)*")|\s+')


@dataclass(frozen=True, slots=True)
class Said:
    """The content of a row."""

    text: str
    look: str = "text"
    own: bool = False
    """Whether it is no data: an opening, a closing, an ending."""


def said_by(event: Event, closed_before: bool = False) -> Said:
    """What an event says in one line; `closed_before` when the application has already closed the socket."""
    if cancelled(event):
        return Said("cancelled, no message was taken", "muted", True)
    if event.error is not None:
        return Said(f"{event.error.type.rpartition('.')[2]}: {event.error.message}"[:500], "bad", True)
    if event.kind == RETURN:
        return Said("the application returned", "muted", True)
    message = event.message
    if not isinstance(message, dict):
        waiting = event.pending and message is None
        return Said(
            "waiting for a message…" if waiting else value_text(message, 200), "wait" if waiting else "bad", True
        )
    kind = message.get("type")
    if kind in ("websocket.close", "websocket.disconnect"):
        return _closed(event, message, closed_before)
    if kind in ("websocket.connect", "websocket.accept"):
        return _opened(message)
    value = carried_value(message)
    if kind in ("websocket.send", "websocket.receive"):
        return Said(compact(value), "text") if value is not None else Said("nothing", "bad", True)
    status = message.get("status")
    parts = [str(kind), value_text(status, 20) if status is not None else "", preview(value) if value else ""]
    return Said(" ".join(part for part in parts if part), "warn", True)


def compact(value: Any) -> str:
    """The beginning of a message on one line; JSON without the space between its parts."""
    text = preview(value, 600)
    if text.lstrip()[:1] in ("{", "["):
        text = _JSON_SPACE.sub(lambda found: found[1] or "", text)
    return text[:300]


def _opened(message: dict[Any, Any]) -> Said:
    if message["type"] == "websocket.connect":
        return Said("connect, the client asks", "good", True)
    protocol = message.get("subprotocol")
    return Said(f"accept{f', subprotocol {latin(protocol)}' if protocol else ''}", "good", True)


def _closed(event: Event, message: dict[Any, Any], closed_before: bool) -> Said:
    code = message.get("code", 1000 if event.kind == SEND else 1005)
    meaning = close_text(code) if type(code) is int else ""
    if event.kind == SEND:
        who = "by application"
    elif closed_before:
        who = "as application did"
    else:
        who = "client gone" if code == 1006 else "by client"
    reason = message.get("reason")
    text = f"close {value_text(code, 20)} {meaning}".rstrip() + f", {who}"
    text += f"  “{latin(reason)[:300]}”" if reason else ""
    quiet = code in (1000, 1001, 1005)
    return Said(text, "good" if quiet else "bad" if code == 1011 else "warn", True)


def closes(event: Event | None) -> bool:
    """Whether the application closes the socket with it."""
    message = event.message if event is not None and event.kind == SEND else None
    return isinstance(message, dict) and message.get("type") == "websocket.close"


def matcher(text: str) -> Callable[[str], bool]:
    """What a filter means: text in any case, or `/…/` for a regular expression; raises UsageError."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        try:
            pattern = re.compile(text[1:-1], re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            raise UsageError(f"{text}: {error}") from None
        return lambda data: pattern.search(data[:10_000]) is not None
    folded = text.casefold()
    return lambda data: folded in data.casefold()


def searched(event: Event) -> str:
    """What a search looks at: the data, not how it is shown."""
    parts = [event.error.type, event.error.message] if event.error is not None else []
    message = event.message
    if isinstance(message, dict):
        parts += [_text(key, value) for key, value in message.items()]
    elif message is not None:
        parts.append(value_text(message, 10_000))
    if event.kind in (RAISE, RETURN):
        parts.append(event.name)
    return "\n".join(parts)


def _text(key: object, value: Any) -> str:
    data = value.data if isinstance(value, Cut) else value
    if isinstance(data, bytes):
        return data[:SEARCHED].decode("utf-8", "replace")
    if isinstance(data, str):
        return data[:SEARCHED]
    if key == "headers" and isinstance(data, list):
        return "\n".join(": ".join(latin(part) for part in pair) for pair in data if isinstance(pair, list | tuple))
    return value_text(data, 10_000)


class Filtering:
    """The places of the events that a filter lets through, found step by step; goes on as the connection grows."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lock = threading.Lock()
        """Held by the thread that goes on with it."""
        self.found: array[int] = array("q")
        self.scanned = 0
        """Places that have been looked at."""
        self._matches = matcher(text)

    def step(self, reader: CaptureReader, connection: Connection, order: TimeOrder) -> bool:
        """Look at one more page of what has passed; True while there is more. Raises CaptureError."""
        page = order.passed[self.scanned : self.scanned + PAGE]
        places = {index: self.scanned + number for number, index in enumerate(page)}
        found: list[int] = []
        for first, last in _runs(sorted(page)):
            for event in reader.events(connection, first, last + 1 - first, most=SEARCHED):
                if event.index in places and self._matches(searched(event)):
                    found.append(places[event.index])
        self.found.extend(sorted(found))
        self.scanned += len(page)
        return self.scanned < len(order.passed)


def _runs(indices: list[int]) -> list[tuple[int, int]]:
    """The first and the last of each stretch of them."""
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and index - runs[-1][1] <= _NEAR:
            runs[-1] = runs[-1][0], index
        else:
            runs.append((index, index))
    return runs


def next_event(
    reader: CaptureReader, connection: Connection, text: str, after: int, step: int, count: int
) -> int | None:
    """The nearest event before or after an index that holds a text, going round at the ends. Raises CaptureError."""
    matches = matcher(text)
    ahead = _pages(after + 1, count) if step > 0 else _pages(0, after)[::-1]
    behind = _pages(0, after + 1) if step > 0 else _pages(after, count)[::-1]
    for start, end in [*ahead, *behind]:
        events = reader.events(connection, start, end - start, most=SEARCHED)
        for event in events if step > 0 else reversed(events):
            if matches(searched(event)):
                return event.index
    return None


def _pages(start: int, end: int) -> list[tuple[int, int]]:
    return [(at, min(at + PAGE, end)) for at in range(start, end, PAGE)]


def arrow(event: Event) -> tuple[str, str]:
    """(glyph, look) of the direction: towards the application, or to the client."""
    if cancelled(event):
        return "→", "muted"
    return {RECEIVE: ("→", "wait"), SEND: ("←", "flow"), RAISE: ("✗", "bad")}.get(event.kind, ("■", "muted"))
