"""The lines that the server's processes print, read from two pipes by one thread.

What must not move in: what the lines mean.
"""

from __future__ import annotations

import os
import selectors
import threading
import time
from typing import IO, TYPE_CHECKING, Final, Literal

from asgispy.model.connection import OutputLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Stream = Literal["stdout", "stderr"]

LINE_LIMIT: Final = 8 * 1024
CHUNK: Final = 64 * 1024
QUIET: Final = 0.2


class LineSplitter:
    """Bytes as they come → lines."""

    def __init__(self, stream: Stream) -> None:
        self.stream: Final = stream
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[OutputLine]:
        """The lines that these bytes complete."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield from self._pieces(line.removesuffix(b"\r"))
        while len(self._rest) > LINE_LIMIT:
            cut = cut_before_character(self._rest, LINE_LIMIT)
            yield self._line(self._rest[:cut])
            self._rest = self._rest[cut:]

    def finish(self) -> Iterator[OutputLine]:
        """What was printed without a line's end."""
        if self._rest:
            yield from self._pieces(self._rest)
        self._rest = b""

    def _pieces(self, line: bytes) -> Iterator[OutputLine]:
        while len(line) > LINE_LIMIT:
            cut = cut_before_character(line, LINE_LIMIT)
            yield self._line(line[:cut])
            line = line[cut:]
        yield self._line(line)

    def _line(self, line: bytes) -> OutputLine:
        return OutputLine(time.time_ns(), self.stream, line.decode("utf-8", "backslashreplace"))


def cut_before_character(data: bytes, limit: int) -> int:
    """The last place up to `limit` that does not split a UTF-8 character."""
    for cut in range(limit, limit - 4, -1):
        if data[cut] & 0b1100_0000 != 0b1000_0000:
            return cut
    return limit


class OutputReader:
    """Reads pipes until all writers are gone or, once the server has ended, until nothing more comes.

    A grandchild may hold the pipes open long after the server: its silence must not keep anyone waiting.
    """

    def __init__(self, pipes: Mapping[Stream, IO[bytes]], on_line: Callable[[OutputLine], None]) -> None:
        self._pipes: Final = pipes
        self._on_line: Final = on_line
        self._ending: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._read_all, name="asgispy-output", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self, timeout: float) -> None:
        """Delivers what is already in the pipes, then stops reading."""
        self._ending.set()
        self._thread.join(timeout)

    def _read_all(self) -> None:
        with selectors.DefaultSelector() as selector:
            for stream, pipe in self._pipes.items():
                selector.register(pipe, selectors.EVENT_READ, LineSplitter(stream))
            while selector.get_map():
                ready = selector.select(QUIET)
                if not ready and self._ending.is_set():
                    break
                for key, _ in ready:
                    self._read(selector, key)
            for key in list(selector.get_map().values()):
                self._close(selector, key)

    def _read(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, CHUNK)
        for line in key.data.feed(data):
            self._on_line(line)
        if not data:
            self._close(selector, key)

    def _close(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        for line in key.data.finish():
            self._on_line(line)
        selector.unregister(key.fileobj)
        key.fileobj.close()  # type: ignore[union-attr]
