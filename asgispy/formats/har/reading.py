"""Reads HAR, whoever wrote it, one entry at a time; our own gives back exactly what was recorded.

What must not move in: what an entry means (har_entry_reading, har_extra).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.formats.har.entry_reading import connection_of
from asgispy.formats.har.extra import KEY, message_reader
from asgispy.formats.har.lenient import exact_headers, mapping, text
from asgispy.formats.incoming import Foreign, Preface
from asgispy.formats.json_reading import (
    WRONG,
    connection_from_json,
    moment_of,
    preface_from_json,
    process_observation,
)
from asgispy.formats.splitting import Splitter, Undecodable, decode
from asgispy.model.connection import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from asgispy.formats.incoming import Incoming
    from asgispy.model.observation import Observation

ENTRIES: Final = (("log", "entries"), ("entries",))
"""Where entries stand; the second for files that lost their `log`."""
_OTHERS: Final = ("log", KEY, "connections")
_OBSERVATIONS: Final = ("log", KEY, "observations")
_NAMES: Final = {
    "webinspector": "Chrome",
    "webkit web inspector": "Safari",
    "charles proxy": "Charles",
    "insomnia rest client": "Insomnia",
}
"""Programs that go by another name."""
_NAME_LENGTH: Final = 40


class HarReading:
    """One HAR file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.preface = Preface()
        self.unreadable = 0
        self.problem = ""
        self.title = "HAR"
        self._splitter = Splitter(chunks, [*ENTRIES, _OTHERS, _OBSERVATIONS])
        self._started = 0
        """When the last entry started."""
        self._own = 0

    def __iter__(self) -> Iterator[Incoming | Observation]:
        """Raises Foreign when there is no list of entries."""
        splitter = self._splitter
        for path, data in splitter:
            try:
                part = decode(data) if data is not None else None
                yield process_observation(part) if path == _OBSERVATIONS else self._connection(part, path)
            except (Undecodable, *WRONG):
                self.unreadable += 1
        self.problem = splitter.problem
        if not splitter.found.intersection(ENTRIES) and not self.problem:
            raise Foreign("it is HAR without entries")
        self._conclude(mapping(splitter.rest.get("log", splitter.rest)))

    def _conclude(self, log: dict[str, Any]) -> None:
        """What is known of the whole."""
        writer = _writer(log)
        self.title = f"HAR by {writer}" if writer else "HAR"
        own = log.get(KEY)
        if isinstance(own, dict):
            self.preface = preface_from_json(own)
        elif not self._own:
            self.preface = Preface(outside=self.title)

    def _connection(self, part: Any, path: tuple[str, ...]) -> Incoming:
        if path == _OTHERS:
            return connection_from_json(part)
        incoming = _own(part) or connection_of(part, self._started)
        self._own += incoming.findings is not None
        self._started = incoming.started
        return incoming


def _own(entry: Any) -> Incoming | None:
    """What was recorded, of an entry that we have written; None for any other, and for one that was broken since."""
    extra = entry.get(KEY) if isinstance(entry, dict) else None
    started = moment_of(entry["startedDateTime"]) if isinstance(extra, dict) and "startedDateTime" in entry else None
    if not isinstance(extra, dict) or started is None:
        return None
    try:
        incoming = connection_from_json(extra, message_reader(entry, exact_headers), started)
    except WRONG:
        return None
    incoming.server = text(extra.get("server"))
    incoming.note = Note(text(extra.get("mark")), text(entry.get("comment")), extra.get("hidden") is True)
    return incoming


def _writer(log: dict[str, Any]) -> str:
    """The program that wrote it: the browser, if one is named."""
    for key in ("browser", "creator"):
        said = mapping(log.get(key))
        name, version = (_clean(text(said.get(part))) for part in ("name", "version"))
        if name:
            known = _NAMES.get(name.lower())
            return known or " ".join(filter(None, (name, version)))
    return ""


def _clean(said: str) -> str:
    """Fit for a line that is printed."""
    return "".join(each for each in said[:_NAME_LENGTH] if each.isprintable()).strip()
