"""Which connections of a capture are replayed: by filter and by id, read one at a time in the order of the capture."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from asgispy.capture.matching import select
from asgispy.cli.filtering import filter_of
from asgispy.errors import UsageError
from asgispy.model.connection import HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import RECEIVE
from asgispy.model.http import SAFE
from asgispy.replay.outcome import outcome_of
from asgispy.replay.script import script_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from asgispy.capture.reader import CaptureReader
    from asgispy.model.connection import Connection
    from asgispy.replay.series import Original

BEGINNING = 64
"""Bytes of a message that are read to know its type."""


class Chosen:
    """The connections that are replayed."""

    def __init__(self, reader: CaptureReader, capture: Path, filter: str | None, ids: Sequence[int]) -> None:
        """Raises QueryError, and UsageError when nothing is chosen, or an id is not there."""
        self._reader = reader
        self._query = filter_of(filter)
        self._ids = sorted(set(ids))
        missing = sorted(set(self._ids) - reader.connections_of(self._ids).keys())
        if missing:
            raise UsageError(f"{capture} has no connection {missing[0]}: asgispy export lists their ids")
        self.count = 0
        """All but lifespans."""
        kinds: Counter[str] = Counter()
        some = False
        for connection in self._all():
            some = True
            self.count += connection.type != LIFESPAN
            if not self._safe(connection):
                kinds[connection.method or "WebSocket"] += 1
        self.unsafe = kinds.total()
        """Those that may change something."""
        self.unsafe_kinds = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(5))
        if not some:
            raise UsageError(f"{capture}: nothing to replay{' matches' if filter or ids else ' is in it'}")

    def originals(self) -> Iterator[Original]:
        """All but lifespans, with what came of them."""
        return (self._original(each) for each in self._all() if each.type != LIFESPAN)

    def lifespans(self) -> Iterator[Original]:
        """Lifespans, with what came of them."""
        return (self._original(each) for each in self._all() if each.type == LIFESPAN)

    def _original(self, connection: Connection) -> Original:
        return script_of(self._reader, connection), outcome_of(self._reader, connection)

    def _all(self) -> Iterator[Connection]:
        if self._query is None and self._ids:
            return iter([each for _, each in sorted(self._reader.connections_of(self._ids).items())])
        wanted = set(self._ids)
        return (each for each in select(self._reader, self._query) if not wanted or each.id in wanted)

    def _safe(self, connection: Connection) -> bool:
        if connection.type == WEBSOCKET:
            events = self._reader.each_event(connection, BEGINNING)
            received = (event.message for event in events if event.kind == RECEIVE)
            return not any(isinstance(each, dict) and each.get("type") == "websocket.receive" for each in received)
        return connection.type != HTTP or (connection.method or "GET") in SAFE
