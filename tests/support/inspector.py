"""A real collector, and what it has recorded, read back the way an export is."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asgispy import SpyMiddleware
from asgispy.capture.reader import CaptureReader
from asgispy.collect.collector import Collector
from asgispy.formats.document import connection_object
from asgispy.wire.address import UnixAddress
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.settings import Limits


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a Unix socket, whatever pytest calls its own."""
    folder = Path(tempfile.mkdtemp(prefix="spy"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Inspector:
    """A collector at an address of its own, and its capture."""

    def __init__(self, folder: Path, limits: Limits | None = None, name: str = "inspector") -> None:
        self.address = UnixAddress(str(folder / f"{name}.sock"))
        self.capture = folder / f"{name}.asgispy"
        self.log: list[str] = []
        self.ended: list[Connection] = []
        self.collector = Collector(
            capture=self.capture,
            address=self.address,
            limits=limits,
            on_log=lambda line: self.log.append(line.text),
            on_ended=self.ended.append,
        )
        self.reader = CaptureReader(self.capture)

    def close(self) -> None:
        """Finish the capture."""
        self.reader.close()
        self.collector.finish()
        self.collector.close()

    def spy(self, app: Any) -> SpyMiddleware:
        """The application, reporting to this inspector, which it has found."""
        return SpyMiddleware(app, address=str(self.address))

    def connections(self) -> list[Connection]:
        """All connections so far."""
        return list(self.reader.connections())

    def connection(self, path: str, until: Callable[[Connection], Any] = lambda connection: not connection.open) -> Any:
        """The one connection of that path, as soon as it is in the capture and `until` holds."""

        def look() -> Connection | None:
            found = [each for each in self.reader.connections() if each.path == path]
            assert len(found) <= 1, f"{path} was recorded {len(found)} times"
            return found[0] if found and until(found[0]) else None

        return eventually(look, lambda: f"{path} among {self.connections()}, log {self.log}")

    def events(self, path: str, count: int = 0) -> list[Event]:
        """The events of that path's connection once it has ended, or once there are `count` of them."""
        connection = self.connection(path, (lambda each: True) if count else (lambda each: not each.open))
        if count:
            eventually(lambda: len(self.reader.events(connection)) >= count, f"{count} events of {path}")
        return self.reader.events(connection)

    def document(self, path: str) -> dict[str, Any]:
        """The connection as it is exported, secrets kept."""
        return connection_object(self.reader, self.connection(path), keep_secrets=True)


def messages(events: list[Event], name: str = "send") -> list[Any]:
    """What the events of that name carried."""
    return [event.message for event in events if event.name == name]


def unheard(app: Any, folder: Path) -> SpyMiddleware:
    """The application, having found that no inspector listens."""
    spied = SpyMiddleware(app, address=f"unix:{folder}/nobody.sock")
    spied._sender.start()
    eventually(lambda: not spied._outbox.listening, "finding that nobody is there")
    return spied


@contextlib.contextmanager
def inspecting(limits: Limits | None = None) -> Iterator[Inspector]:
    """An inspector for the duration of a block."""
    with short_folder() as folder:
        inspector = Inspector(folder, limits)
        try:
            yield inspector
        finally:
            inspector.close()
