"""Reads our own JSON, as one document or as lines, back into what was recorded: the inverse of `document`.

The order of keys does not matter, lines may come without their header, and whoever wrote it may be mistaken: what
contradicts itself is counted and left out. What must not move in: values (value_reading), the capture (importing).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.said import level_number
from asgispy.analysis.shares import Shares
from asgispy.formats.document import FORMAT, LINE, VERSION
from asgispy.formats.incoming import ID_LIMIT, TIME_LIMIT, Foreign, Incoming, Preface
from asgispy.formats.splitting import Splitter, Undecodable, decode
from asgispy.formats.value_reading import from_json, message_from_json
from asgispy.model.connection import STATE_NAMES, Process
from asgispy.model.events import KIND_NAMES, OPEN, RAISE, RECEIVE, RETURN, SEND, Error, Event
from asgispy.model.finding import LEVEL_NAMES, Finding
from asgispy.model.observation import KINDS, LOG, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CONNECTIONS: Final = ("connections",)
OBSERVATIONS: Final = ("observations",)
WRONG: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading a part that is not what it should be may raise."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS: Final = {name: kind for kind, name in enumerate(KIND_NAMES) if kind != OPEN}
_KINDS: Final = {name: kind for kind, name in KINDS.items()}
_OTHER: Final = 0
"""The kind of observations that this version does not know."""


class JsonReading:
    """One document; `lines` when even the first line is a connection."""

    def __init__(self, chunks: Iterable[bytes], *, lines: bool = False) -> None:
        self.preface = Preface()
        self.unreadable = 0
        self.problem = ""
        self.title = "asgispy's JSON"
        self._splitter = Splitter(chunks, [CONNECTIONS, OBSERVATIONS])
        self._lines = lines

    def __iter__(self) -> Iterator[Incoming | Observation]:
        """Raises Foreign when it is somebody else's JSON, or a newer version's."""
        splitter = self._splitter
        for number, (path, data) in enumerate(splitter.lines() if self._lines else splitter):
            if not number:
                self.preface = preface_from_json(splitter.rest)  # as far as it stands before the connections
            try:
                part = decode(data) if data is not None else None
                yield process_observation(part) if path == OBSERVATIONS else connection_from_json(part)
            except (Undecodable, *WRONG):
                self.unreadable += 1
        self.problem = splitter.problem
        if not self._lines:
            check_format(splitter.rest, self.problem)
            self.preface = preface_from_json(splitter.rest)


def check_format(header: dict[str, Any], problem: str = "") -> None:
    """Raise Foreign when a header is not that of a document of ours; for one that was cut off it may be missing."""
    if problem and "format" not in header:
        return
    if header.get("format") != FORMAT:
        raise Foreign("it is JSON, but neither asgispy's nor HAR")
    version = header.get("version")
    if version != VERSION:
        raise Foreign(f"written by a newer asgispy (JSON version {version!r:.20}, this one reads {VERSION}): update")


def preface_from_json(header: dict[str, Any]) -> Preface:
    """The header, as far as it can be read."""
    processes = header.get("processes")
    found = [_process(each) for each in processes if isinstance(each, dict)] if isinstance(processes, list) else []
    generator = header.get("generator")
    return Preface(
        generator if isinstance(generator, str) else "",
        moment_of(header.get("created")),
        _count(header.get("evicted")),
        [process for process in found if process is not None],
    )


def connection_from_json(
    part: Any, message: Callable[[Any], Any] = message_from_json, started: int | None = None
) -> Incoming:
    """A connection; `message` reads scopes and messages. Raises one of `WRONG`."""
    if started is None:
        started = _moment(part["started"])
    process, id = part["process"], part.get("id")
    if type(process) is not int or not 0 <= process < ID_LIMIT:
        raise ValueError("a process that is no number")
    events = [_event(index, each, message) for index, each in enumerate(part["events"], 1)]
    logs, observations = part.get("logs", []), part.get("observations", [])
    return Incoming(
        message(part["scope"]),
        started,
        events,
        id if type(id) is int and 0 < id < ID_LIMIT else None,
        process,
        state=STATE_NAMES.index(part["state"]),
        duration=None if part["duration"] is None else _length(part["duration"]),
        findings=[_finding(each, len(events)) for each in part.get("findings", [])],
        observations=[_observation(each, process, started) for each in (*logs, *observations)],
        shares=_shares(part.get("time")),
    )


def process_observation(part: Any) -> Observation:
    """What was seen in a process and belongs to no connection. Raises one of `WRONG`."""
    kind, facts = _facts(part, ("kind", "process", "time", "duration"))
    process = part["process"]
    if type(process) is not int:
        raise TypeError("a process that is no number")
    duration = part["duration"]
    return Observation(
        process, None, kind, _moment(part["time"]), None if duration is None else _length(duration), facts
    )


def nanoseconds(seconds: Any) -> int:
    """Seconds to nanoseconds; raises TypeError or ValueError for what is no number."""
    if type(seconds) not in (int, float) or not math.isfinite(seconds):
        raise ValueError("no number of seconds")
    whole: int = round(seconds * 1e9)
    return max(-TIME_LIMIT, min(whole, TIME_LIMIT))


def moment_of(text: Any) -> int | None:
    """A moment in ISO 8601 as nanoseconds since the epoch; without a zone it is UTC's. None for anything else."""
    if type(text) is not str:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        microseconds: int = (moment - _EPOCH) // timedelta(microseconds=1)
        return min(microseconds * 1000, TIME_LIMIT)
    except (ValueError, OverflowError):
        return None


def _moment(text: Any) -> int:
    moment = moment_of(text)
    if moment is None:
        raise ValueError("no moment where there should be one")
    return moment


def _length(seconds: Any) -> int:
    return max(0, nanoseconds(seconds))


def _count(number: Any) -> int:
    return number if type(number) is int and 0 <= number < ID_LIMIT else 0


def _process(part: dict[str, Any]) -> Process | None:
    """None where it has no number of its own."""
    id = part.get("id")
    if type(id) is not int or not 0 <= id < ID_LIMIT:
        return None
    server, python = part.get("server"), part.get("python")
    return Process(
        id,
        _count(part.get("pid")),
        server if isinstance(server, str) else "",
        python if isinstance(python, str) else "",
        moment_of(part.get("started")) or 0,
        _count(part.get("worker", 1)),
        _count(part.get("generation", 1)),
        moment_of(part.get("ended")),
        _count(part.get("dropped")),
        _count(part.get("missed")),
    )


def _event(index: int, part: Any, message: Callable[[Any], Any]) -> Event:
    kind = _EVENTS[part["event"]]
    error = _error(part["error"]) if part.get("error") is not None else None
    if kind == RAISE:
        return Event(index, kind, nanoseconds(part["offset"]), 0, None, error or Error("unknown", "", ""))
    if kind == RETURN:
        return Event(index, kind, nanoseconds(part["offset"]), 0, from_json(part.get("value")), error)
    assert kind in (RECEIVE, SEND)
    duration = None if part["duration"] is None else _length(part["duration"])
    said = None if part["message"] is None else message(part["message"])
    return Event(index, kind, nanoseconds(part["offset"]), duration, said, error)


def _error(part: Any) -> Error:
    return Error(*(_text(part[key]) for key in ("type", "message", "traceback")))


def _finding(part: Any, events: int) -> Finding:
    event = part.get("event", -1)
    level = LEVEL_NAMES.index(part["level"])
    count = part["count"]
    if type(event) is not int or not -1 <= event < events or level == 0 or type(count) is not int:
        raise ValueError("a finding that points nowhere")
    texts = [_text(part[key]) for key in ("rule", "owner", "message")]
    return Finding(texts[0], level, texts[1], texts[2], event + 1, _text(part.get("verdict", "")), max(1, count))


def _observation(part: Any, process: int, started: int) -> Observation:
    kind, facts = _facts(part, ("kind", "offset", "duration"))
    duration = part.get("duration")
    return Observation(
        process, 0, kind, started + nanoseconds(part["offset"]), None if duration is None else _length(duration), facts
    )


def _facts(part: Any, own: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
    """The kind, and the facts with positions in place of names."""
    kind = _KINDS.get(part["kind"], _OTHER)
    facts = {key: from_json(value) for key, value in part.items() if key not in own}
    match facts.get("error"):
        case {"type": str() as name, "message": str() as message, "traceback": str() as traceback}:
            facts["error"] = [name, message, traceback]
    if isinstance(facts.get("stack"), list):
        facts["stack"] = [[line[name] for name in LINE] for line in facts["stack"]]
    if kind == LOG:
        level = level_number(facts.get("level", ""))
        facts = {key: level if key == "level" else fact for key, fact in facts.items()}
    return kind, facts


def _shares(part: Any) -> Shares | None:
    return None if part is None else Shares(*(_length(part[name]) for name in Shares._fields))


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("no text where there should be some")
    return value
