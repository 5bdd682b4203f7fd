"""What a screen or a headless run can watch: a launched application, attached ones, a saved capture.

Each gives the `tui.session.Session` that the screen asks for; headless runs use the same ones.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from asgispy.capture.database import seal
from asgispy.capture.notes import amend
from asgispy.capture.reader import CaptureReader
from asgispy.cli.recording import Recording
from asgispy.launch.supervisor import ServerState, Supervisor
from asgispy.tui.session import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from asgispy.cli.recording import RecordingOptions
    from asgispy.errors import CaptureError
    from asgispy.model.connection import Connection, Note, OutputLine
    from asgispy.model.observation import InFlight
    from asgispy.settings import Launch
    from asgispy.tui.session import ReplayRecorder
    from asgispy.wire.address import Address


ALONE: Final = "the server runs without the application: o shows why, saving a mended file reloads it"
ALONE_FOR: Final = 2.0
"""Seconds without any application process until that is said; a reload takes less."""


class Companion(Protocol):
    """Something that runs beside the application as long as it does (the demo's traffic)."""

    def start(self) -> None:
        """The server has been started."""

    def stop(self) -> None:
        """The server is about to be stopped."""


def _ignore(*unused: object) -> None:
    pass


class RunSession:
    """An application that we have launched."""

    live = True
    restartable = True

    def __init__(
        self,
        launch: Launch,
        options: RecordingOptions,
        companion: Companion | None = None,
        *,
        on_ended: Callable[[Connection], None] = _ignore,
        on_output: Callable[[OutputLine], None] = _ignore,
        on_state: Callable[[ServerState], None] = _ignore,
        on_failure: Callable[[CaptureError], None] = _ignore,
    ) -> None:
        """Checks everything that can be checked before anything is started; raises the errors of its parts."""
        self._launch = launch
        self._companion = companion
        self._on_output = on_output
        self._alone_since: float | None = None
        checked = Supervisor(launch, environment={}, on_output=_ignore, on_state=_ignore)
        checked.check()
        self.recording = Recording(options, on_ended=on_ended, on_log=on_output, on_failure=on_failure)
        self.capture: Path = self.recording.collector.capture
        self.supervisor = Supervisor(
            launch, environment=self.recording.collector.environment, on_output=self._output, on_state=on_state
        )

    def start(self) -> None:
        """Start the server and what runs beside it."""
        self.supervisor.start()
        if self._companion is not None:
            self._companion.start()

    def _output(self, line: OutputLine) -> None:
        self.recording.collector.add_output(line)
        self._on_output(line)

    def status(self) -> Status:
        """How the server is."""
        supervisor = self.supervisor
        failure = self.recording.collector.failure
        over = supervisor.state in (ServerState.FAILED, ServerState.ENDED)
        ending = supervisor.ending if over else ALONE if self._is_alone() else ""
        return Status(
            target=self._launch.title or self._launch.target,
            server=self._launch.server,
            address=supervisor.address or "",
            state=supervisor.state.value,
            problem=str(failure) if failure is not None else ending,
            processes=self.recording.collector.processes,
            watching=self.recording.collector.watching,
        )

    def _is_alone(self) -> bool:
        """Whether the server has been without an application for a while: a reload that failed leaves it so."""
        if self.recording.collector.processes or self.supervisor.state is not ServerState.RUNNING:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = time.monotonic()
        return self._alone_since is not None and time.monotonic() - self._alone_since > ALONE_FOR

    def in_flight(self) -> list[InFlight]:
        """What every open connection is doing at this moment."""
        return self.recording.collector.in_flight()

    def switch_watch(self, name: str) -> None:
        """Look at one of `settings.CLOSER` from now on, or not any more."""
        self.recording.collector.switch_watch(name)

    def restart(self) -> None:
        """Stop the server if it runs, and start it anew."""
        self.supervisor.restart()

    def annotate(self, notes: Mapping[int, Note]) -> None:
        """Set the notes of connections, by id, and wait until it is done; raises CaptureError."""
        self.recording.collector.amend(notes)

    def delete(self, ids: Sequence[int]) -> None:
        """Delete connections, and wait until it is done; raises CaptureError."""
        self.recording.collector.amend({}, ids)

    def stop(self) -> None:
        """Stop the server gracefully, but first what would keep it from ending."""
        if self._companion is not None:
            self._companion.stop()
        self.supervisor.stop()

    @contextlib.contextmanager
    def replaying(self) -> Iterator[ReplayRecorder]:
        """The server's own probe records what is sent to it again."""
        from asgispy.cli.replay_recording import SeenByProbe

        yield SeenByProbe(self.recording.collector.expect_replay)

    def close(self) -> None:
        """Stop, then finish the recording."""
        self.stop()
        self.finish()

    def finish(self) -> str | None:
        """Finish the recording; gives what went wrong with live JSON, if anything."""
        return self.recording.finish()


class AttachSession:
    """Applications that carry the middleware."""

    live = True
    restartable = False

    def __init__(
        self,
        address: Address,
        options: RecordingOptions,
        *,
        on_ended: Callable[[Connection], None] = _ignore,
        on_log: Callable[[OutputLine], None] = _ignore,
        on_failure: Callable[[CaptureError], None] = _ignore,
    ) -> None:
        """Listens at once; raises the errors of its parts."""
        self.recording = Recording(options, address=address, on_ended=on_ended, on_log=on_log, on_failure=on_failure)
        self.capture: Path = self.recording.collector.capture

    def status(self) -> Status:
        """Where we listen."""
        collector = self.recording.collector
        return Status(
            target="attached",
            server="",
            address=str(collector.address),
            state="listening",
            problem=str(collector.failure or ""),
            processes=collector.processes,
            watching=collector.watching,
        )

    def in_flight(self) -> list[InFlight]:
        """What every open connection is doing at this moment."""
        return self.recording.collector.in_flight()

    def switch_watch(self, name: str) -> None:
        """Look at one of `settings.CLOSER` from now on, or not any more."""
        self.recording.collector.switch_watch(name)

    def restart(self) -> None:
        """Nothing that we started."""

    def annotate(self, notes: Mapping[int, Note]) -> None:
        """Set the notes of connections, by id, and wait until it is done; raises CaptureError."""
        self.recording.collector.amend(notes)

    def delete(self, ids: Sequence[int]) -> None:
        """Delete connections, and wait until it is done; raises CaptureError."""
        self.recording.collector.amend({}, ids)

    @contextlib.contextmanager
    def replaying(self) -> Iterator[ReplayRecorder]:
        """The applications' own probes record what is sent to them again."""
        from asgispy.cli.replay_recording import SeenByProbe

        yield SeenByProbe(self.recording.collector.expect_replay)

    def close(self) -> None:
        """Stop listening and finish the recording."""
        self.recording.finish()


class ViewSession:
    """A saved capture."""

    live = False
    restartable = False

    def __init__(self, capture: Path, name: str = "") -> None:
        """`name` is what it is called where that is not the file's own name. Raises CaptureError when it is none."""
        self.capture = capture
        self._name = name or capture.name
        self._one_at_a_time = threading.Lock()
        self._amended = False
        with CaptureReader(capture) as reader:
            self.live = reader.live

    def status(self) -> Status:
        """Only its name."""
        return Status(target=self._name, server="", address="", state="file")

    def in_flight(self) -> list[InFlight]:
        """Nothing runs."""
        return []

    def switch_watch(self, name: str) -> None:
        """Nothing runs."""

    def restart(self) -> None:
        """Nothing that we started."""

    def annotate(self, notes: Mapping[int, Note]) -> None:
        """Set the notes of connections in the file; raises CaptureError when it can't be written just now."""
        self._amend(notes)

    def delete(self, ids: Sequence[int]) -> None:
        """Delete connections from the file; raises CaptureError when it can't be written just now."""
        self._amend({}, ids)

    def _amend(self, notes: Mapping[int, Note], ids: Sequence[int] = ()) -> None:
        with self._one_at_a_time:
            self._amended = True
            amend(self.capture, notes, ids)

    @contextlib.contextmanager
    def replaying(self) -> Iterator[ReplayRecorder]:
        """We record what is sent again, into this file; raises CaptureError when it can't be written just now."""
        from asgispy.cli.replay_recording import recorded_into

        self._amended = True
        with recorded_into(self.capture) as recorder:
            yield recorder

    def close(self) -> None:
        """Leave one file."""
        if self._amended:
            seal(self.capture)
