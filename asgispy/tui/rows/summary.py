"""What one row of the list says: a connection in marks, words and a bar. Pure; no widths and no colours yet.

Looks are names of `theme.Palette`'s styles. What must not move in: painting (waterfall, widgets).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from asgispy.model import connection as model
from asgispy.model.connection import ABORTED, FAILED, HTTP
from asgispy.model.events import SEND
from asgispy.model.units import format_size
from asgispy.tui.present import close_text, count_text

if TYPE_CHECKING:
    from asgispy.capture.reader import Row
    from asgispy.model.connection import Connection

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_QUIET_CLOSES: Final = frozenset({1000, 1001, 1005})
NONE: Final = "—"
WAITING: Final = "···"


@dataclass(frozen=True, slots=True)
class Bar:
    """What the waterfall draws. Offsets are nanoseconds since `start`, which is wall time."""

    start: int
    phases: tuple[tuple[int, str], ...]
    """(until which offset, look), one after the other."""
    cadence: bytes | None = None
    track: bool = False
    """A socket: a line with messages on it, instead of a bar."""
    mark: str = ""
    """Stands at the end: an exception, or a client that left."""
    mark_look: str = "bad"

    @property
    def end(self) -> int:
        """Wall time at which it ends."""
        return self.start + (self.phases[-1][0] if self.phases else 0)


@dataclass(frozen=True, slots=True)
class Summary:
    """A row of the list."""

    mark: str
    mark_look: str
    method: str
    method_look: str
    path: str
    status: str
    status_look: str
    size: str
    duration: int | None
    """None while nothing can be said."""
    growing: bool
    trouble: str
    """Why it failed, in short."""
    bar: Bar


def summarise(row: Row, startup: int | None, now: int) -> Summary:
    """The row's summary; `startup` is where a lifespan's startup ended, if it has; `now` is wall time."""
    match row.connection.type:
        case model.LIFESPAN:
            return _lifespan(row, startup, now)
        case model.WEBSOCKET:
            return _socket(row.connection, now)
        case _:
            return _http(row.connection, now)


def _age(connection: Connection, now: int) -> int:
    return connection.duration if connection.duration is not None else max(0, now - connection.started)


def mark_of(connection: Connection) -> tuple[str, str]:
    """(mark, look) by how a connection stands: ✗ failed, ⊘ aborted, ! server error, ● open, ◌ open and hanging."""
    if connection.state == FAILED and not connection.declined:
        return "✗", "alarm"
    if connection.state == ABORTED:
        return "⊘", "warn"
    if connection.open:
        return ("◌", "wait") if hanging(connection) else ("●", "link")
    if (connection.status or 0) >= 500:
        return "!", "alarm"
    return " ", "text"


def hanging(connection: Connection) -> bool:
    """Whether a call of it is pending that should not be: a receive before the response, or any send."""
    waits = connection.type == HTTP and connection.first_byte is None and connection.pending is not None
    return connection.open and (waits or connection.pending == SEND)


def _end_mark(connection: Connection) -> tuple[str, str]:
    if connection.exception and connection.state == FAILED:
        return "✗", "bad"
    if connection.state == ABORTED:
        return "⊘", "warn"
    return "", "bad"


def _pending_look(connection: Connection, otherwise: str) -> str:
    if connection.pending is None:
        return otherwise
    return "held" if connection.pending == SEND else "wait"


def _path(connection: Connection) -> str:
    path = connection.path if connection.path is not None else NONE
    return f"{path}?{connection.query.decode('latin-1')}" if connection.query else path


def _http(connection: Connection, now: int) -> Summary:
    mark, mark_look = mark_of(connection)
    status = connection.status
    method = connection.method or "HTTP"
    end_mark, end_look = _end_mark(connection)
    return Summary(
        mark,
        mark_look,
        method,
        "write" if method in _WRITES else "get",
        _path(connection),
        str(status) if status is not None else WAITING if connection.open else NONE,
        status_look(status),
        format_size(connection.sent) if status is not None else "",
        _age(connection, now),
        connection.open,
        connection.exception or "",
        Bar(connection.started, _http_phases(connection, now), connection.cadence, False, end_mark, end_look),
    )


def _http_phases(connection: Connection, now: int) -> tuple[tuple[int, str], ...]:
    end = _age(connection, now)
    if connection.first_byte is None:
        return ((end, _pending_look(connection, "app")),)
    flow = "stream" if connection.cadence is not None else "flow"
    last = connection.last_byte if connection.last_byte is not None else connection.first_byte
    first = min(connection.first_byte, end)
    # Waiting in receive after the response has started is listening for the client's leave: nothing hangs.
    rest = ("held" if connection.pending == SEND else flow) if connection.open else "after"
    return (first, "app"), (min(max(first, last), end), flow), (end, rest)


def status_look(status: int | None) -> str:
    """The look of an HTTP status."""
    if status is None:
        return "muted"
    return ("good", "good", "good", "notice", "warn", "bad")[min(5, max(0, status // 100))]


def _socket(connection: Connection, now: int) -> Summary:
    mark, mark_look = mark_of(connection)
    code = connection.close_code
    denied = connection.status is not None and connection.status != 101
    if code is None or denied:
        status, look = str(connection.status or (WAITING if connection.open else NONE)), status_look(connection.status)
    else:
        status, look = str(code), "good" if code in _QUIET_CLOSES else "bad" if code == 1011 else "warn"
    phases = (_age(connection, now), _pending_look(connection, "flow") if connection.open else "flow")
    end_mark, end_look = _end_mark(connection)
    return Summary(
        mark,
        mark_look,
        "WS",
        "socket",
        _path(connection),
        status,
        look,
        f"{count_text(connection.messages)} msg" if connection.messages else "",
        _age(connection, now),
        connection.open,
        connection.exception or ("" if code is None or code in _QUIET_CLOSES or denied else close_text(code)),
        Bar(connection.started, (phases,), connection.cadence, True, end_mark, end_look),
    )


def _lifespan(row: Row, startup: int | None, now: int) -> Summary:
    connection = row.connection
    if row.shutdown is not None:
        return _lifespan_part(connection, "shutdown", row.shutdown, connection.duration, now)
    in_startup = startup is None and (connection.phase or "startup").startswith("startup")
    ended = startup if startup is not None else connection.duration
    if not in_startup and ended is None:
        ended = 0
    return _lifespan_part(connection, "startup", 0, ended, now)


def _lifespan_part(connection: Connection, part: str, begin: int, end: int | None, now: int) -> Summary:
    if connection.declined:
        return _no_lifespan(connection)
    running = end is None and connection.open
    length = end - begin if end is not None else max(0, now - connection.started - begin)
    failed = connection.state == FAILED and _failed_part(connection) == part
    aborted = connection.state == ABORTED and (end is None or _failed_part(connection) == part)
    if failed:
        mark, look, word = "✗", "alarm", "fail"
    elif aborted:
        mark, look, word = "⊘", "warn", "gone"
    else:
        mark, look, word = ("●", "app", WAITING) if running else (" ", "text", "ok")
    return Summary(
        mark,
        look,
        "LIFE",
        "lifespan",
        part,
        word,
        "bad" if failed else "warn" if aborted else "muted" if running else "good",
        "",
        length,
        running,
        (connection.exception or f"{part} failed") if failed else "",
        Bar(connection.started + begin, ((length, "wait" if running else "life"),), mark=mark.strip("● ")),
    )


def _no_lifespan(connection: Connection) -> Summary:
    bar = Bar(connection.started, ((connection.duration or 0, "after"),))
    length = connection.duration
    return Summary(" ", "text", "LIFE", "lifespan", "not supported", NONE, "muted", "", length, False, "", bar)


def _failed_part(connection: Connection) -> str:
    """Which row of a lifespan a failure belongs to."""
    started = (connection.phase or "").startswith("shutdown") or connection.phase == "startup.complete"
    return "shutdown" if started else "startup"
