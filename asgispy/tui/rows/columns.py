"""The columns of the list of connections: their names, widths and what stands in them. Pure.

A column sorts by the key of the same meaning in `capture.listing.COLUMNS`. What must not move in: which columns fit
into a width (layout), what a row says as a whole (summary), and painting (widgets/connection_list).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.analysis.route import route_of
from asgispy.model.connection import LIFESPAN, STATE_NAMES, TYPE_NAMES
from asgispy.model.units import format_duration, format_size
from asgispy.tui.present import clock_text, count_text
from asgispy.tui.rows.found import found_text, level_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.connection import Connection, Note
    from asgispy.tui.rows.summary import Summary

LEFT: Final = "left"
RIGHT: Final = "right"
MIDDLE: Final = "middle"
"""Against the left edge, and the middle goes when it is too long."""

STAR: Final = "★"
PLAIN_STAR: Final = "*"


@dataclass(frozen=True, slots=True)
class Line:
    """What a painter of a value may look at."""

    connection: Connection
    summary: Summary
    moment: int
    """Wall nanoseconds at which the row begins."""
    process: str
    """What tells its process from the others; empty while there is one."""
    note: Note | None
    plain: bool = False
    """Whether letters stand for marks."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column that can be chosen. Widths are cells, the space after it included."""

    name: str
    title: str
    width: int
    minimum: int
    """No narrower than this; also its width in lists of less than `layout.ROOMY` cells."""
    value: Callable[[Line], tuple[str, str]]
    align: str = LEFT
    key: str = ""
    """What it is sorted by, in `capture.listing.COLUMNS`; empty where it can't be."""
    from_width: int = 0
    """Left out of lists narrower than this, unless the user has chosen it."""
    help: str = ""
    short: str = ""
    """The title where the whole one does not fit."""


def _started(line: Line) -> tuple[str, str]:
    return clock_text(line.moment), "muted"


def _process(line: Line) -> tuple[str, str]:
    return line.process or str(line.connection.process), "muted"


def _method(line: Line) -> tuple[str, str]:
    return line.summary.method, line.summary.method_look


def _path(line: Line) -> tuple[str, str]:
    return line.summary.path, "lifespan" if line.connection.type == LIFESPAN else "text"


def _route(line: Line) -> tuple[str, str]:
    path = line.connection.path
    return (route_of(path), "text") if path is not None else (line.summary.path, "muted")


def _status(line: Line) -> tuple[str, str]:
    return line.summary.status, line.summary.status_look


def _state(line: Line) -> tuple[str, str]:
    return STATE_NAMES[line.connection.state], "muted"


def _type(line: Line) -> tuple[str, str]:
    return TYPE_NAMES[line.connection.type], "muted"


def _size(line: Line) -> tuple[str, str]:
    return line.summary.size, "muted"


def _received(line: Line) -> tuple[str, str]:
    return _bytes(line.connection.received), "muted"


def _sent(line: Line) -> tuple[str, str]:
    return _bytes(line.connection.sent), "muted"


def _bytes(size: int) -> str:
    return format_size(size) if size else ""


def _first_byte(line: Line) -> tuple[str, str]:
    return _duration(line.connection.first_byte), "text"


def _took(line: Line) -> tuple[str, str]:
    return _duration(line.summary.duration), "wait" if line.summary.growing else "text"


def _gap(line: Line) -> tuple[str, str]:
    return _duration(line.connection.gap), "muted"


def _duration(duration: int | None) -> str:
    return format_duration(duration) if duration is not None else ""


def _messages(line: Line) -> tuple[str, str]:
    return count_text(line.connection.messages), "muted"


def _client(line: Line) -> tuple[str, str]:
    return line.connection.client or "", "muted"


def _exception(line: Line) -> tuple[str, str]:
    return line.connection.exception or line.summary.trouble, "bad"


def _id(line: Line) -> tuple[str, str]:
    return str(line.connection.id), "muted"


def _mark(line: Line) -> tuple[str, str]:
    return (mark_text(line.note), "write") if line.note is not None else ("", "text")


def _comment(line: Line) -> tuple[str, str]:
    return (line.note.comment if line.note is not None else ""), "write"


def _findings(line: Line) -> tuple[str, str]:
    level, count = line.connection.level, line.connection.findings
    return found_text(level, count, plain=line.plain), level_look(level)


def _waterfall(line: Line) -> tuple[str, str]:
    return "", "text"


def mark_text(note: Note | None, *, plain: bool = False) -> str:
    """The user's mark on a connection as one cell; a comment without a mark shows too."""
    if note is None or not (note.mark or note.comment):
        return ""
    if note.mark in ("", "*"):
        return (PLAIN_STAR if plain else STAR) if note.mark else '"'
    return note.mark[0]


WATERFALL: Final = "waterfall"
PATH: Final = "path"
PROCESS: Final = "process"
FINDINGS: Final = "findings"

COLUMNS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        Column("started", "Time", 9, 9, _started, key="started", from_width=100, help="when it was opened"),
        Column(
            PROCESS, "Process", 8, 4, _process, key="process", from_width=50, help="worker and generation", short=" "
        ),
        Column("method", "Method", 8, 7, _method, key="method", help="HTTP method, WS or LIFE"),
        Column(PATH, "Path", 32, 10, _path, MIDDLE, key="path", help="path and query string; takes the room"),
        Column("status", "Status", 7, 5, _status, key="status", help="HTTP status or close code", short="Code"),
        Column("size", "Size", 9, 9, _size, RIGHT, key="sent", from_width=56, help="bytes sent, messages of a socket"),
        Column("duration", "Took", 9, 9, _took, RIGHT, key="duration", help="until the application was done"),
        Column(
            FINDINGS,
            "Findings",
            5,
            5,
            _findings,
            RIGHT,
            key="findings",
            from_width=70,
            help="the worst level and how many rules fired",
            short="Find",
        ),
        Column("first_byte", "TTFB", 9, 9, _first_byte, RIGHT, key="first_byte", help="time to the first byte"),
        Column("gap", "Gap", 9, 9, _gap, RIGHT, key="gap", help="longest time between two messages"),
        Column("received", "In", 9, 8, _received, RIGHT, key="received", help="bytes received"),
        Column("sent", "Out", 9, 8, _sent, RIGHT, key="sent", help="bytes sent"),
        Column("messages", "Msgs", 8, 6, _messages, RIGHT, key="messages", help="messages in both directions"),
        Column("type", "Type", 10, 6, _type, key="type", help="http, websocket or lifespan"),
        Column("state", "State", 10, 6, _state, key="state", help="open, completed, failed or aborted"),
        Column("route", "Route", 26, 8, _route, MIDDLE, key="route", help="the path with its variable parts left out"),
        Column("client", "Client", 18, 8, _client, key="client", help="the client's address"),
        Column("exception", "Exception", 26, 8, _exception, key="exception", help="what left the application"),
        Column("mark", "Mark", 5, 2, _mark, key="mark", help="your mark"),
        Column("comment", "Comment", 24, 6, _comment, help="your comment"),
        Column("id", "Id", 8, 5, _id, RIGHT, key="id", help="the connection's number in the capture"),
        Column(WATERFALL, "Timeline", 40, 10, _waterfall, help="bars over time"),
    )
}
"""Every column by its name, in the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A column that is shown."""

    name: str
    width: int = 0
    """Cells; 0 leaves it to the layout."""
    always: bool = False
    """Chosen by the user: stays in lists that are narrower than it usually asks for."""


DEFAULT: Final = tuple(
    Choice(name) for name in ("started", PROCESS, "method", PATH, "status", "size", "duration", FINDINGS, WATERFALL)
)
