"""A streamed response taken apart as it grows: server-sent events, lines of JSON, or simply chunks, each with its time.

Only numbers are kept of each entry, so that a million of them cost some 16 MB; what an entry says is read again when it
is painted. What must not move in: painting (widgets/stream_list).
"""

from __future__ import annotations

import bisect
import itertools
import statistics
import threading
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.content.body import Body
from asgispy.analysis.content.ndjson import RecordSplitter
from asgispy.analysis.content.sse import EventSplitter, ServerEvent, events
from asgispy.model.events import SEND
from asgispy.model.units import format_duration, format_size
from asgispy.model.values import Cut, size_of
from asgispy.tui.document import pair
from asgispy.tui.outline import Item
from asgispy.tui.present import S, offset_text
from asgispy.tui.tabs.content import body_section
from asgispy.tui.tabs.headers import header_of
from asgispy.tui.tabs.values import apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.tui.tabs.content import Frame

SSE: Final = "sse"
NDJSON: Final = "ndjson"
CHUNKS: Final = "chunks"
WORDS: Final = {SSE: ("event", "events"), NDJSON: ("line", "lines"), CHUNKS: ("chunk", "chunks")}
_NDJSON: Final = ("application/x-ndjson", "application/jsonl", "application/ndjson", "application/x-jsonlines")
_MOST: Final = 256 << 10
"""Bytes of one chunk that are taken apart."""
_PAGE: Final = 128
_MEDIAN_OF: Final = 50_000
BARS: Final = "▁▂▃▄▅▆▇█"
CELLS: Final = 24


def form_of(headers: Any) -> str:
    """How a response of these headers is taken apart; an encoded one only into its chunks."""
    kind = header_of(headers, "content-type").lower()
    if header_of(headers, "content-encoding").lower() not in ("", "identity"):
        return CHUNKS
    return SSE if kind.startswith("text/event-stream") else NDJSON if kind.startswith(_NDJSON) else CHUNKS


class Streaming:
    """The entries of one response's body."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.lock = threading.Lock()
        """Held by the thread that takes it further."""
        self.starts: array[int] = array("q")
        """Where each entry begins, in bytes of the body."""
        self.times: array[int] = array("q")
        """When it was complete: nanoseconds since the connection started."""
        self.scanned = 1
        self.size = 0
        """Bytes of the body so far."""
        self.broken = False
        """Whether a chunk was not recorded in full, after which nothing can be taken apart."""
        self._chunks: array[int] = array("q")
        self._chunk_starts: array[int] = array("q")
        self._splitter = EventSplitter() if form == SSE else RecordSplitter() if form == NDJSON else None

    @property
    def count(self) -> int:
        """How many entries there are."""
        return min(len(self.starts), len(self.times))

    def step(self, reader: CaptureReader, connection: Connection, count: int) -> bool:
        """Look at one more page of the `count` events; True while there is more. Raises CaptureError."""
        if self.scanned >= count:
            return False
        end = min(count, self.scanned + _PAGE)
        most = 64 if self._splitter is None else _MOST
        for event in reader.events(connection, self.scanned, end - self.scanned, most=most):
            self._take(event)
        self.scanned = end
        return end < count

    def _take(self, event: Event) -> None:
        message = event.message
        if event.kind != SEND or not isinstance(message, dict) or message.get("type") != "http.response.body":
            return
        value = message.get("body")
        size = size_of(value)
        if not size:
            return
        self._chunks.append(event.index)
        self._chunk_starts.append(self.size)
        if self._splitter is None or self.broken or not isinstance(value, bytes):
            self.broken = self.broken or self._splitter is not None
            self._add(self.size, event.offset)
        else:
            for found in self._splitter.feed(value):
                self._add(found.offset, event.offset)
        self.size += size

    def _add(self, start: int, time: int) -> None:
        self.starts.append(start)
        self.times.append(time)

    def size_at(self, number: int) -> int:
        """Bytes of an entry; of the last one, up to what has come."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else self.size
        return end - self.starts[number]

    def gap_at(self, number: int) -> int:
        """Nanoseconds since the entry before."""
        return self.times[number] - self.times[number - 1] if number else 0

    def chunk_at(self, number: int) -> tuple[int, int]:
        """(index of the event in which an entry begins, where in its body)."""
        place = bisect.bisect_right(self._chunk_starts, self.starts[number]) - 1
        return self._chunks[place], self.starts[number] - self._chunk_starts[place]

    def read(self, reader: CaptureReader, connection: Connection, number: int, limit: int) -> bytes:
        """An entry's data, at most `limit` bytes of it. Raises CaptureError."""
        index, skip = self.chunk_at(number)
        wanted = min(limit, self.size_at(number))
        data = b""
        while len(data) < wanted and index < self.scanned:
            page = reader.events(connection, index, 16, most=skip + wanted)
            data += b"".join(_data(event) for event in page)
            if skip and page:
                data, skip = data[skip:], 0
            index += 16
        return data[:wanted]


def _data(event: Event) -> bytes:
    message = event.message
    if event.kind != SEND or not isinstance(message, dict):
        return b""
    value = message.get("body")
    value = value.data if isinstance(value, Cut) else value
    return value if isinstance(value, bytes) else b""


def server_event(data: bytes) -> ServerEvent:
    """One entry's data as a server-sent event."""
    found = events(data, 1)
    return found[0] if found else ServerEvent(0)


@dataclass(frozen=True, slots=True)
class Pace:
    """A stream's cadence in numbers; times are nanoseconds."""

    count: int
    mean: int
    median: int
    longest: int
    rate: float
    """Bytes per second."""
    bars: str

    @classmethod
    def of(cls, streaming: Streaming) -> Pace | None:
        """The cadence so far; None before there are two entries."""
        count = streaming.count
        if count < 2:
            return None
        times = streaming.times[:count]
        gaps = [after - before for before, after in itertools.pairwise(times)]
        span = max(1, times[-1] - times[0])
        return cls(
            count,
            span // (count - 1),
            int(statistics.median(gaps[-_MEDIAN_OF:])),
            max(gaps),
            streaming.size * S / span,
            sparkline(times),
        )

    def text(self, form: str) -> str:
        """For the header."""
        return (
            f"{self.count:,} {WORDS[form][1]} · gap mean {format_duration(self.mean)}, median "
            f"{format_duration(self.median)}, longest {format_duration(self.longest)} · {format_size(int(self.rate))}/s"
        )


def sparkline(times: Sequence[int], cells: int = CELLS) -> str:
    """How many came when, as a row of bars."""
    first, span = times[0], max(1, times[-1] - times[0])
    bins = [0] * cells
    for time in times:
        bins[min(cells - 1, max(0, (time - first) * cells // span))] += 1
    most = max(bins)
    return "".join(BARS[min(7, count * 8 // (most + 1))] if count else " " for count in bins)


def entry_items(streaming: Streaming, number: int, data: bytes, frame: Frame) -> list[Item]:
    """An entry in full."""
    facts = f"{WORDS[streaming.form][0]} {number + 1:,}"
    gap = f"  {format_duration(streaming.gap_at(number))} after the one before" if number else ""
    title = Item("title", ((facts, "strong"), (f"  {offset_text(streaming.times[number])} s{gap}", "muted")))
    size = streaming.size_at(number)
    if streaming.form != SSE:
        return apart([title, body_section("body", "data", Body(data, size, complete=len(data) == size), frame)])
    event = server_event(data)
    fields = [
        Item(name, pair(name, text, "string"), text, name)
        for name in ("id", "event", "retry", "comment")
        if (text := getattr(event, name))
    ]
    encoded = event.data.encode("utf-8", "replace")
    body = body_section("data", "data", Body(encoded, len(encoded), complete=len(data) == size, text=True), frame)
    return apart([title, Item("fields", children=lambda: fields), body] if fields else [title, body])
