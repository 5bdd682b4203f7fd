"""How replays get into a capture and are linked to their originals: by the probe that sees them come, or by ourselves.

What must not move in: sending (replay) and screens.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from asgispy.checks.policy import policy_of
from asgispy.collect.local import LocalRecording
from asgispy.model.observation import REPLAY
from asgispy.replay.run import playing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgispy.model.asgi import ASGIApp, Receive, Scope, Send


class SeenByProbe:
    """The server carries a probe of ours: it records the replay, and the collector knows by the address which it is."""

    def __init__(self, expect: Callable[[str, int], None]) -> None:
        self.announce = expect

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """As it is."""
        return app


class RecordedHere:
    """Nobody else records: the replay is written down where it is sent, as a client sees it."""

    def __init__(self, recording: LocalRecording, capture: str) -> None:
        """`capture` is the name of the file that the originals are in; empty for the one that is recorded into."""
        self._recording = recording
        self._facts = {"capture": capture} if capture else {}

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Recorded, and linked to the original that is played."""

        async def linked(scope: Scope, receive: Receive, send: Send) -> None:
            original = playing.get()
            if original is not None:
                self._recording.note(REPLAY, {"original": original, **self._facts})
            await app(scope, receive, send)

        return self._recording.wrap(linked)

    def announce(self, client: str, original: int) -> None:
        """It is known already."""


@contextlib.contextmanager
def recorded_into(capture: Path, originals: str = "", *, checks: str = "off") -> Iterator[RecordedHere]:
    """Record replays into a capture of ours, which may be the one that they come from. Raises CaptureError."""
    recording = LocalRecording(capture, policy_of(checks))
    try:
        yield RecordedHere(recording, originals)
    finally:
        recording.close()
