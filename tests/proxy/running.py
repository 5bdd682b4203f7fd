"""`asgispy proxy` as a process, and what it has recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.capture.reader import CaptureReader
from tests.e2e.running import Run, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.model.connection import Connection


class ProxyRun(Run):
    """`asgispy proxy URL --headless` on a free port, with a capture."""

    command = "proxy"

    def __init__(self, folder: Path, url: str, *arguments: str, **more: Any) -> None:
        super().__init__(folder, *arguments, target=url, **more)
        self.until_up()

    def connections(self, path: str, count: int = 1) -> list[Connection]:
        """The ended connections of a path."""

        def found() -> list[Connection]:
            if not self.capture.exists():
                return []
            with CaptureReader(self.capture) as reader:
                chosen = [each for each in reader.connections() if each.path == path and not each.open]
            return chosen if len(chosen) >= count else []

        result: list[Connection] = eventually(found, lambda: f"{count} at {path}, after:\n{self.said}")
        return result

    def said_of(self, connection: Connection) -> list[dict[str, Any]]:
        """The facts that were observed on it beside messages."""
        with CaptureReader(self.capture) as reader:
            return [each.facts for each in reader.observations(connection.id)]
