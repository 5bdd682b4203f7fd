"""The door to what is watched: a run, an attached listener, or a saved capture. The screens know nothing else of it.

What must not move in: Textual, and how a server is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from asgispy.model.asgi import ASGIApp
    from asgispy.model.connection import Note
    from asgispy.model.observation import InFlight

OVER: Final = frozenset({"stopped", "failed", "ended"})
"""States in which nothing runs any more, and a restart is the way on."""

WATCHED: Final = {"layers": "X-ray", "disconnects": "disconnect watch", "locals": "locals"}
"""What `settings.CLOSER` is called on the screen."""


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands with what is watched, at a moment."""

    target: str
    """`module:app`, "attached", or a capture's file name."""
    server: str
    """Such as "uvicorn 0.54.0"; empty when unknown."""
    address: str
    """Where the application can be reached, or where the inspector listens; empty when nowhere."""
    state: str
    """starting, running, stopping, stopped, failed, ended, listening or file."""
    problem: str = ""
    """One line: how it ended, or why writing stopped; stays until that is over."""
    processes: int = 0
    """How many application processes are connected now."""
    watching: tuple[str, ...] = ()
    """What is looked at besides the usual: names of `settings.CLOSER`."""

    @property
    def over(self) -> bool:
        """Whether nothing runs any more."""
        return self.state in OVER


class ReplayRecorder(Protocol):
    """Sees to it that a replay is in the capture, and linked to its original."""

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """What is to be called in place of what sends."""

    def announce(self, client: str, original: int) -> None:
        """A recorded connection is about to be sent again from this address (host:port); from any thread."""


class Session(Protocol):
    """What a screen is opened on."""

    capture: Path
    live: bool
    """False for a saved capture."""
    restartable: bool

    def status(self) -> Status:
        """Cheap: asked several times a second."""

    def in_flight(self) -> list[InFlight]:
        """What every open connection is doing at this moment; empty for a file. Blocking, called in a worker thread."""

    def switch_watch(self, name: str) -> None:
        """Look at one of `settings.CLOSER` from now on, or not any more; from any thread."""

    def restart(self) -> None:
        """Start it again; blocking, called in a worker thread."""

    def annotate(self, notes: Mapping[int, Note]) -> None:
        """Set the notes of connections, by id; blocking until it is done, from any thread. Raises CaptureError."""

    def delete(self, ids: Sequence[int]) -> None:
        """Delete connections from the capture; blocking until it is done, from any thread. Raises CaptureError."""

    def replaying(self) -> AbstractContextManager[ReplayRecorder]:
        """While connections are sent again, what records and links them. Raises CaptureError when nothing can be."""

    def close(self) -> None:
        """End it gracefully, the server first; blocking, called in a worker thread."""
