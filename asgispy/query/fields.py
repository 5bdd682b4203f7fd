"""The table of fields: what can be asked for, under which names, with which kind of value.

Parser, completion, sentences, help and README all read this one table. What must not move in: how a field's value is
found (conditions, sql).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NUMBER: Final = "number"
SIZE: Final = "size"
DURATION: Final = "duration"
TIME: Final = "time"
TEXT: Final = "text"
NAMED: Final = "named"
CHOICE: Final = "choice"

RANGED: Final = frozenset({NUMBER, SIZE, DURATION, TIME})
"""Kinds that can be compared."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be asked for."""

    name: str
    kind: str
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    events: bool = False
    """Whether answering takes reading the connection's events."""
    whole: bool = False
    """Whether a text without wildcards means the whole value, not a part of it."""
    anchored: bool = False
    """Whether a text with wildcards means the whole value."""
    slashes: bool = False
    """Whether values begin with a slash, so that `/…/` is no regular expression."""
    choices: tuple[tuple[str, str], ...] = ()
    """For CHOICE: each value and its help."""


_TYPES: Final = (
    ("http", "HTTP requests"),
    ("websocket", "WebSocket sessions"),
    ("lifespan", "lifespan runs"),
    ("other", "scopes of any other type"),
)
_STATES: Final = (
    ("open", "the application has not ended it yet"),
    ("completed", "ended as it should"),
    ("failed", "an exception left the application, or startup or shutdown failed"),
    ("aborted", "client or process gone before the end"),
)
_IS: Final = (
    *_STATES,
    ("hanging", "open, and a call has been waiting for a while"),
    ("error", "failed, or answered with a 5xx status"),
    ("marked", "marked by you"),
    ("hidden", "hidden by you"),
    *_TYPES,
)
_HAS: Final = (
    ("exception", "an exception left the application"),
    ("body", "bytes of a body or of messages passed"),
    ("query", "a query string"),
    ("status", "a response has started"),
    ("close", "a WebSocket close code"),
    ("messages", "at least one message passed"),
    ("gap", "time between two messages is known"),
    ("finding", "a rule of ASGI was broken"),
    ("log", "log records in its context"),
    ("output", "prints and warnings in its context"),
    ("stall", "it blocked the event loop"),
    ("delay", "another connection blocked the event loop for it"),
    ("task", "a task that lived on after it"),
    ("sender", "messages sent by another task than its own"),
    ("left", "the client left, as the disconnect watch saw"),
    ("layers", "an X-ray of its middleware"),
    ("replay", "sent again by asgispy replay"),
    ("mark", "marked by you"),
    ("comment", "commented by you"),
)
_LEVELS: Final = (
    ("hint", "worth knowing"),
    ("warning", "very likely wrong, or different from server to server"),
    ("error", "certainly wrong"),
)
_OWNERS: Final = (
    ("app", "the application"),
    ("framework", "a framework or middleware"),
    ("server", "the server"),
    ("client", "the client"),
)

TABLE: Final = (
    Field("status", NUMBER, "HTTP status; 101 for an accepted WebSocket", "status:5xx"),
    Field("method", TEXT, "HTTP method", "method:POST", whole=True, anchored=True),
    Field("path", TEXT, "path, without the query string", "path:/api/*", anchored=True, slashes=True),
    Field("route", TEXT, "path with its ids left out", "route:/users/{id}", whole=True, anchored=True, slashes=True),
    Field("query", TEXT, "query string, as sent or decoded", "query:page=2", slashes=True),
    Field("type", CHOICE, "type of the scope", "type:websocket", choices=_TYPES),
    Field("state", CHOICE, "how it stands", "state:aborted", choices=_STATES),
    Field("is", CHOICE, "what it is", "is:hanging", choices=_IS),
    Field("has", CHOICE, "what it has", "has:exception", choices=_HAS),
    Field("duration", DURATION, "until the callable ended; open ones have none", "duration:>200ms", ("took",)),
    Field("first_byte", DURATION, "until the response started", "first_byte:>1s", ("ttfb",)),
    Field("running", DURATION, "its own task ran", "running:>50ms"),
    Field("waited", DURATION, "waiting for the client in receive", "waited:>1s"),
    Field("held", DURATION, "held by the server in send", "held:>100ms"),
    Field("delayed", DURATION, "delayed by others that blocked the event loop", "delayed:>100ms"),
    Field("gap", DURATION, "longest time between two messages", "gap:>=5s"),
    Field("size", SIZE, "bytes received and sent", "size:>1MB"),
    Field("sent", SIZE, "bytes that the application sent", "sent:64K..1MB"),
    Field("received", SIZE, "bytes that the application received", "received:>0"),
    Field("messages", NUMBER, "messages in both directions", "messages:>100"),
    Field("close", NUMBER, "WebSocket close code", "close:1006,1011", ("code",)),
    Field("exception", TEXT, "exception that left the application", "exception:KeyError"),
    Field("finding", TEXT, "rule of ASGI that was broken", "finding:http.*", anchored=True),
    Field("level", CHOICE, "level of a finding", "level:error", choices=_LEVELS),
    Field("owner", CHOICE, "whose fault a finding is", "owner:app", choices=_OWNERS),
    Field("layer", TEXT, "layer of the middleware, where it was X-rayed", "layer:GZip"),
    Field("header", NAMED, "header of request or response", "header:content-type=json", events=True),
    Field("request.header", NAMED, "header of the request", "request.header:accept=html", events=True),
    Field("response.header", NAMED, "header of the response", "response.header:etag", events=True),
    Field("cookie", NAMED, "cookie of the request", "cookie:session", events=True),
    Field("body", TEXT, "body of request or response", 'body:"total"', events=True),
    Field("request.body", TEXT, "body of the request", "request.body:sku", events=True),
    Field("response.body", TEXT, "body of the response", "response.body:error", events=True),
    Field("text", TEXT, "WebSocket messages", "text:hello", events=True),
    Field(
        "scope",
        NAMED,
        "key of the scope, with dots for those inside",
        "scope:http_version=1.1",
        events=True,
        slashes=True,
    ),
    Field("client", TEXT, "client's address", "client:127.0.0.1*", anchored=True),
    Field("started", TIME, "when it opened: a time of day, a date, or both", "started:>12:30"),
    Field("process", NUMBER, "number of the process, from 1", "process:2"),
    Field("worker", NUMBER, "number of the worker, from 1", "worker:1"),
    Field("pid", NUMBER, "process id", "pid:4242"),
    Field("server", TEXT, "server of the process", "server:uvicorn", anchored=True),
    Field("mark", TEXT, "your mark", "mark:1", whole=True, anchored=True),
    Field("comment", TEXT, "your comment", "comment:retry"),
    Field("id", NUMBER, "number of the connection", "id:120..140"),
)

FIELDS: Final[dict[str, Field]] = {field.name: field for field in TABLE}
_NAMES: Final = FIELDS | {alias: field for field in TABLE for alias in field.aliases}

EVERYWHERE: Final = Field("", TEXT, "everywhere", "timeout", events=True)
"""What a bare word asks."""


def find_field(name: str) -> Field | None:
    """The field of this name or alias, in any case."""
    return _NAMES.get(name.lower())


def field_names() -> list[str]:
    """All names and aliases."""
    return list(_NAMES)


def fields_help() -> list[tuple[str, str, str]]:
    """(names, help, example) of each field, for tables in help and documents."""
    return [(", ".join((field.name, *field.aliases)), field.help, field.example) for field in TABLE]
