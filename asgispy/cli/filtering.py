"""`--filter`: the option, and what it makes of a recording that has no screen.

A filter may ask for headers and bodies, so what has ended is read back from the capture before it is told. What must
not move in: the language (query).
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Final

import click

from asgispy.capture.matching import Matcher
from asgispy.capture.reader import CaptureReader
from asgispy.errors import CaptureError
from asgispy.model.connection import OPEN_STATE
from asgispy.query.fields import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgispy.model.connection import Connection
    from asgispy.query.query import Query

GRACE: Final = 0.3
"""Seconds between a connection's end and its telling, so that events after the return are in."""
PATIENCE: Final = 5.0
"""Seconds to wait for the capture to hold what has ended."""


def filter_option(help: str) -> click.Option:
    """`--filter QUERY`, with a help that begins with what it does here."""
    names = ", ".join(field.name for field in TABLE)
    return click.Option(
        ["--filter"],
        metavar="QUERY",
        help=f"{help} For example 'status:5xx or duration:>200ms', '-path:/health', 'timeout'. Fields: {names}.",
    )


def filter_of(text: str | None) -> Query | None:
    """The filter of the option's value, saved ones by @name; None for an empty one. Raises QueryError."""
    if not text:
        return None
    from asgispy.cli.configured import configuration
    from asgispy.tui.rows.filtering import parse_filter

    query = parse_filter(text, configuration().filters if "@" in text else {})
    return None if query.empty else query


def wait_for(reader: CaptureReader, id: int, finishing: threading.Event) -> Connection | None:
    """A connection that has ended, as soon as the capture says so; None when it has been evicted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection = reader.connection(id)
        if connection is not None and connection.state != OPEN_STATE:
            return connection
        evicted = connection is None and reader.refresh().last_id >= id
        if evicted or finishing.is_set():
            return None
        time.sleep(0.02)
    return None


class Sieve:
    """Passes on those of the ended connections that a filter matches, in a thread, until `finish`."""

    def __init__(self, capture: Path, query: Query, on_match: Callable[[Connection], None]) -> None:
        self._on_match = on_match
        self.failure: str | None = None
        """Why reading has stopped; None while it goes on."""
        self._reader = CaptureReader(capture)
        self._matcher = Matcher(self._reader, query)
        self._finishing = threading.Event()
        self._ended: queue.SimpleQueue[tuple[float, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="asgispy-filter", daemon=True)
        self._thread.start()

    def ended(self, id: int) -> None:
        """A connection has ended; from any thread."""
        if self.failure is None:
            self._ended.put((time.monotonic() + GRACE, id))

    def finish(self) -> None:
        """Pass on what is left, once the capture is complete."""
        self._finishing.set()
        self._ended.put(None)
        self._thread.join()
        self._reader.close()

    def _run(self) -> None:
        try:
            while (item := self._ended.get()) is not None:
                due, id = item
                # At the end of a recording nobody waits: the capture is complete by then.
                self._finishing.wait(max(0.0, due - time.monotonic()))
                connection = wait_for(self._reader, id, self._finishing)
                if connection is not None and self._matcher.confirmed(connection):
                    self._on_match(connection)
        except CaptureError as error:
            self.failure = f"--filter: {error}"
