"""What a client did on a recorded connection, as a list of steps that can be edited and played again.

A script is immutable: `dataclasses.replace` gives one with another method, target or headers, `with_body` one with
another body. What must not move in: playing (player, run), sending (network, sockets).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from asgispy.formats.url import as_bytes, target_of
from asgispy.model.connection import HTTP, TYPE_NAMES, WEBSOCKET
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.model.http import SAFE
from asgispy.model.values import size_of
from asgispy.replay.masked import masked_places
from asgispy.replay.outcome import CANCELLED, in_time, pairs_of
from asgispy.replay.restore import Restored, live_message, live_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error, Event
    from asgispy.replay.outcome import Pairs

_EMPTY: Final = {"type": "http.request", "body": b"", "more_body": False}


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the client."""

    message: Mapping[str, Any]
    after: int = 0
    """How far the application's answer had come (see `weight`) when it came."""
    at: int = 0
    """Nanoseconds since the connection was opened."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is sent again."""

    original: int
    """Id of the recorded connection."""
    type: int
    method: str
    """Empty for what is no HTTP request."""
    target: str
    """Path and query, percent-encoded."""
    headers: Pairs
    steps: tuple[Step, ...]
    scope: Mapping[str, Any]
    """As recorded, live again."""
    started: int
    """Wall nanoseconds since the epoch."""
    duration: int | None
    """Nanoseconds; None for what was still open when the recording ended."""
    sends: tuple[tuple[int, int], ...] = ()
    """Moments at which the application sent something, and how far its answer had come by then."""
    ended: bool = False
    """Whether the application ended it by itself, so that its end is waited for."""
    cancelled: bool = False
    """Whether the server ended the application, by cancelling it."""
    refused: Mapping[int, tuple[str, Error]] | None = None
    """Calls of `send` (counted from 1) that the server refused: type of the message, and what it raised."""
    unread: bool = False
    """Whether the application never took all of the request's body."""
    cut: str = ""
    """What was not recorded in full, so that it can't be sent as it was."""
    left_out: tuple[str, ...] = ()
    """Parts of the scope that can't be made again."""
    masked: tuple[str, ...] = ()
    """What is masked in the capture."""

    @property
    def total(self) -> int:
        """How far the answer came in all."""
        return self.sends[-1][1] if self.sends else 0

    @property
    def safe(self) -> bool:
        """Whether sending it changes nothing: a safe method, or a socket whose client sends nothing."""
        if self.type == HTTP:
            return self.method in SAFE
        return not any(step.message.get("type") == "websocket.receive" for step in self.steps)

    @property
    def body(self) -> bytes:
        """The body of a request."""
        return b"".join(as_bytes(step.message.get("body")) or b"" for step in self.steps)

    def progress_at(self, offset: int) -> int:
        """How far the answer had come before a moment of the connection."""
        place = bisect_left(self.sends, offset, key=lambda each: each[0])
        return self.sends[place - 1][1] if place else 0

    def steps_at(self, offset: int) -> int:
        """How many steps had been taken before a moment of the connection."""
        return bisect_left(self.steps, offset, key=lambda each: each.at)

    def live_scope(self, state: Mapping[str, Any] | None) -> dict[str, Any]:
        """The scope for the application: a copy of its own, with what was edited, and the state of a lifespan."""
        scope: dict[str, Any] = Restored().live(dict(self.scope))
        scope.update({name: self.scope[name] for name in ("client", "server") if name in self.scope})
        if self.type == HTTP:
            scope["method"] = self.method
        if self.type in (HTTP, WEBSOCKET):
            scope["headers"] = self._framed_headers()
            if self.target != _target(self.scope):
                path, _, query = self.target.partition("?")
                raw = path.encode("ascii", "replace")
                decoded = unquote_to_bytes(raw).decode("utf-8", "replace")
                scope.update(path=decoded, raw_path=raw, query_string=query.encode("ascii", "replace"))
        if state is not None:
            scope["state"] = dict(state)
        return scope

    def _framed_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers, with the length that the body has now."""
        if (
            self.type != HTTP
            or self.unread
            or any(step.message.get("type") == "http.disconnect" for step in self.steps)
        ):
            return [*self.headers]
        length = str(len(self.body)).encode()
        return [(name, length if name == b"content-length" else value) for name, value in self.headers]

    def __str__(self) -> str:
        name = self.method or TYPE_NAMES[self.type]
        return f"{name} {self.target}" if self.type in (HTTP, WEBSOCKET) else name


def with_body(script: Script, body: bytes) -> Script:
    """The same request with another body."""
    rest = tuple(step for step in script.steps if step.message.get("type") != "http.request")
    first = Step({**_EMPTY, "body": body}, 0, script.steps[0].at if script.steps else 0)
    return replace(script, steps=(first, *rest), unread=False, cut="")


def weight(message: Any) -> int:
    """How far a message of the application brings its answer: messages, or a response's bytes and its start and end.

    Responses are counted in bytes, since a network does not keep the messages that they were sent in.
    """
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "http.response.start":
        return 1
    if kind == "http.response.body":
        return size_of(message.get("body")) + (not message.get("more_body"))
    return 0 if isinstance(kind, str) and kind.startswith("http.") else 1


def script_of(reader: CaptureReader, connection: Connection) -> Script:
    """What the client did on a connection. Raises CaptureError."""
    reading = _Reading()
    for moment, event in in_time(reader.each_event(connection)):
        reading.take(event, moment)
    scope = live_scope(reader.scope(connection))
    headers = tuple(pairs_of(scope.value))
    steps, unread = reading.steps, False
    if connection.type == HTTP:
        steps, unread = _request_steps(steps, headers)
    return Script(
        connection.id,
        connection.type,
        (connection.method or "GET") if connection.type == HTTP else "",
        _target(scope.value) if connection.type in (HTTP, WEBSOCKET) else "",
        headers,
        tuple(steps),
        scope.value,
        connection.started,
        connection.duration,
        tuple(reading.sends),
        ended=reading.ended,
        cancelled=reading.cancelled,
        refused=reading.refused,
        unread=unread,
        cut=_cut(scope, reading.cut),
        left_out=tuple(scope.left_out),
        masked=masked_places(headers, scope.value.get("query_string"), _said(connection.type, steps)),
    )


class _Reading:
    """What the events amount to."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.sends: list[tuple[int, int]] = []
        self.refused: dict[int, tuple[str, Error]] = {}
        self.ended = False
        self.cancelled = False
        self.cut: list[str] = []
        self._progress = 0
        self._calls = 0

    def take(self, event: Event, moment: int) -> None:
        if event.kind == RAISE and event.error is not None:
            self.cancelled = event.error.type in CANCELLED
            self.ended = not self.cancelled
        elif event.kind == RETURN:
            self.ended = True
        elif event.kind == SEND:
            self._send(event, moment)
        elif event.kind == RECEIVE and event.error is None and isinstance(event.message, dict):
            restored = live_message(event.message)
            self.cut += restored.cut
            self.steps.append(Step(restored.value, self._progress, moment))

    def _send(self, event: Event, moment: int) -> None:
        self._calls += 1
        if event.error is None:
            self._progress += weight(event.message)
            self.sends.append((moment, self._progress))
        elif event.error.type not in CANCELLED and isinstance(event.message, dict):
            self.refused[self._calls] = str(event.message.get("type")), event.error


def _request_steps(steps: list[Step], headers: Pairs) -> tuple[list[Step], bool]:
    """The steps of a request, and whether the application never took all of its body."""
    parts = [step.message for step in steps if step.message.get("type") == "http.request"]
    gone = any(step.message.get("type") == "http.disconnect" for step in steps)
    if parts:
        return steps, bool(parts[-1].get("more_body")) and not gone
    announced = dict(headers)
    length = announced.get(b"content-length", b"").strip()
    if b"transfer-encoding" in announced or length.strip(b"0"):
        return steps, True
    return [Step(_EMPTY), *steps], False  # it never asked for a body, and there was none


def _target(scope: Any) -> str:
    return "*" if as_bytes(scope.get("raw_path")) == b"*" else target_of(scope)


def _said(type: int, steps: Sequence[Step]) -> list[Any]:
    """What the client said: a request's body as a whole, a socket's messages one by one."""
    if type == HTTP:
        return [b"".join(as_bytes(step.message.get("body")) or b"" for step in steps)]
    return [step.message.get(name) for step in steps for name in ("text", "bytes")]


def _cut(scope: Restored, messages: list[str]) -> str:
    if scope.cut:
        return f"its scope was cut when it was recorded ({', '.join(scope.cut[:3])})"
    what = "its body was" if "body" in messages else "its messages were"
    return f"{what} cut when it was recorded" if messages else ""
