"""Ties log records, prints and warnings to the connection in whose context they happen.

Three points are touched, and nothing is replaced that an application could miss: the factory of log records is asked
through ours, which gives what it gives; and the `write` of the two standard streams, which are the same objects as
before, notes what passes. What handlers of logging write there is not noted again. An application that sets a factory
or streams of its own goes its own way. A message is formatted as the application's own handlers have formatted it; a
record that no handler has touched is formatted here, without calling anything that an application wrote.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import deque
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import LOG, OUTPUT, WARNING
from asgispy.probe.failure import encode_exception
from asgispy.probe.snapshot import describe
from asgispy.probe.stacks import number_of
from asgispy.wire.codec import decode_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import LogRecord
    from types import FrameType

    from asgispy.probe.observer import Observer

TEXT: Final = 8 * 1024
"""Characters of a message that are told."""
RECORDS: Final = 2_000
"""Records that may wait for the sender."""
LOOK_UP: Final = 60
"""Calls that are looked through for logging at work."""
_PLAIN: Final = (str, int, float, bool, bytes, type(None))


class _Line:
    """A line in the making."""

    def __init__(self, kind: int, number: int | None, began: int, facts: dict[str, Any]) -> None:
        self.kind = kind
        self.number = number
        self.began = began
        self.facts = facts
        self.pieces: list[str] = []
        self.size = 0

    def add(self, text: str) -> None:
        self.pieces.append(text[:TEXT])
        self.size += len(text)


class OutputWatch:
    """What one probe tells of the application's words."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._records: deque[tuple[LogRecord, int | None, int, bytes | None]] = deque()
        self._lines: dict[tuple[str, int], _Line] = {}
        """What has been written of lines that are not ended, by stream and thread."""

    def logged(self, record: LogRecord) -> None:
        """A record has been made. What its handlers make of it is known a little later."""
        if len(self._records) >= RECORDS:
            self._observer.lost += 1
            return
        number = self._observer.current.get()
        if number is None and record.name == "asyncio":
            number = self._of_forgotten_task(sys._getframe(2))
        info = record.exc_info
        error = encode_exception(info[1]) if type(info) is tuple and isinstance(info[1], BaseException) else None
        self._records.append((record, number, clock(), error))

    def _of_forgotten_task(self, frame: FrameType | None) -> int | None:
        """A task whose exception nobody asks for: the loop's handler, which logs it, has it among its variables."""
        for _ in range(8):
            if frame is None:
                break
            if frame.f_code.co_name == "default_exception_handler":
                context = frame.f_locals.get("context")
                task = (context.get("task") or context.get("future")) if type(context) is dict else None
                return number_of(task, self._observer.current) if task is not None else None
            frame = frame.f_back
        return None

    def wrote(self, stream: str, text: str, frame: FrameType) -> None:
        """Something has been written to a standard stream, at that place. A line may come in pieces."""
        if not text or _is_logging(frame):
            return
        number = self._observer.current.get()
        key = (stream, threading.get_ident())
        line = self._lines.get(key)
        if line is not None and (line.number != number or line.size > TEXT):
            self._end_line(key)
            line = None
        if line is None:
            warns = frame.f_globals.get("__name__") == "warnings"
            place = {} if warns else {"file": frame.f_code.co_filename, "line": frame.f_lineno}
            line = self._lines[key] = _Line(WARNING if warns else OUTPUT, number, clock(), {"stream": stream, **place})
        line.add(text)
        if text.endswith("\n"):
            self._end_line(key)

    def _end_line(self, key: tuple[str, int]) -> None:
        line = self._lines.pop(key, None)
        text = "".join(line.pieces)[:TEXT].rstrip("\n") if line is not None else ""
        if line is not None and text:
            placed = _WARNING.match(text) if line.kind == WARNING else None
            if placed is not None:  # its place is not where it was written, but what it says of itself
                line.facts |= {"file": placed[1], "line": int(placed[2])}
                text = text[placed.end() :]
            self._observer.tell(line.kind, line.number, line.began, None, {**line.facts, "text": text})

    def settle(self) -> None:
        """Tell of lines that nobody ends, and of the records whose handlers are through."""
        for key, line in list(self._lines.items()):
            if clock() - line.began > UNENDED:
                self._end_line(key)
        records = self._records
        while records and clock() - records[0][2] > SETTLED:
            record, number, time, error = records.popleft()
            self._observer.tell(LOG, number, time, None, _facts(record, error))


_WARNING: Final = re.compile(r"([^\n]+?):(\d{1,9}): (?=\w+: )")
"""How a warning begins as `warnings` writes it: file, line, then category and message."""
UNENDED: Final = 200_000_000
"""Nanoseconds after which a line is told without its end."""
SETTLED: Final = 10_000_000
"""Nanoseconds after which a record's handlers have formatted it."""


def _facts(record: LogRecord, error: bytes | None) -> dict[str, Any]:
    said = record.__dict__
    facts = {
        "level": said.get("levelno"),
        "logger": said.get("name"),
        "message": _message(said)[:TEXT],
        "file": said.get("pathname"),
        "line": said.get("lineno"),
        "function": said.get("funcName"),
    }
    if error is not None:
        found = decode_error(error)
        facts["error"] = [found.type, found.message, found.traceback]
    return facts


def _message(said: dict[str, Any]) -> str:
    """A record's text: as its handlers made it, or made here of plain values alone."""
    made = said.get("message")
    if type(made) is str:
        return made
    text, values = said.get("msg"), said.get("args")
    if type(text) is not str:
        return describe(text).repr if type(text) not in _PLAIN else str(text)
    if not values:
        return text
    try:
        if type(values) is dict:
            return text % {key: _plain(value) for key, value in values.items()}
        return text % tuple(_plain(value) for value in values)
    except Exception:
        return text


def _plain(value: object) -> object:
    return value if type(value) in _PLAIN else describe(value).repr


def _is_logging(frame: FrameType | None) -> bool:
    """Whether logging is at work somewhere up these calls: then the record has been noted."""
    for _ in range(LOOK_UP):
        if frame is None:
            return False
        if frame.f_code.co_name == "callHandlers" and frame.f_globals.get("__name__") == "logging":
            return True
        frame = frame.f_back
    return False


# The points that are touched, once for each process

_watches: list[OutputWatch] = []
_factory: list[Callable[..., LogRecord]] = []
"""The one that ours asks."""
_streams: list[Any] = []


def install(watch: OutputWatch) -> None:
    """Have it told; never raises."""
    if watch not in _watches:
        _watches.append(watch)
    try:
        _touch_logging()
        for name in ("stdout", "stderr"):
            _touch_stream(name)
    except Exception:  # streams and factories of a kind that we have never met
        pass


def remove(watch: OutputWatch) -> None:
    """Have it told no more. The points stay touched: something may have been laid over them meanwhile."""
    if watch in _watches:
        _watches.remove(watch)


def _touch_logging() -> None:
    logging: Any = sys.modules.get("logging")
    if logging is None:
        import logging
    current = logging.getLogRecordFactory()
    if current is not _make_record:
        _factory[:] = [current]
        logging.setLogRecordFactory(_make_record)


def _make_record(*values: Any, **named: Any) -> LogRecord:
    """A log record, made as it would be made without us."""
    record = _factory[0](*values, **named)
    for watch in _watches:
        try:
            watch.logged(record)
        except Exception:  # a record of another kind
            pass
    return record


def _touch_stream(name: str) -> None:
    stream: Any = getattr(sys, name)
    if stream is None or any(each is stream for each in _streams):
        return
    forward, caller = stream.write, sys._getframe

    def write(text: str) -> Any:
        """Write, and note it."""
        written = forward(text)
        try:
            if type(text) is str:
                for watch in _watches:
                    watch.wrote(name, text, caller(1))
        except Exception:  # at the interpreter's end, when nothing of ours is left
            pass
        return written

    stream.write = write
    _streams.append(stream)
