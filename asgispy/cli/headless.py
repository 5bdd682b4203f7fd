"""Runs without a screen: one line for each connection on stderr, signals that end it well, and the exit code."""

from __future__ import annotations

import contextlib
import queue
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

from asgispy.analysis.stuck import NOTHING, report_lines
from asgispy.capture.reader import CaptureReader
from asgispy.cli.lifespans import LifespanWatch
from asgispy.cli.saying import printable, say
from asgispy.cli.sessions import AttachSession, RunSession
from asgispy.errors import EXIT_OK, EXIT_USAGE, CaptureError
from asgispy.launch.servers import find_server
from asgispy.launch.supervisor import ServerState
from asgispy.model.connection import COMPLETED, LIFESPAN, STATE_NAMES, TYPE_NAMES, WEBSOCKET
from asgispy.model.finding import LEVEL_NAMES
from asgispy.model.units import format_duration, format_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from asgispy.cli.recording import RecordingOptions
    from asgispy.cli.sessions import Companion
    from asgispy.collect.collector import Collector
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.settings import Launch
    from asgispy.wire.address import Address


LOOK: Final = "look"
"""Not an end: somebody asks what is in flight."""
WRITTEN: Final = 0.5
"""Seconds within which what has opened is in the capture."""
HELD_UP: Final = 1.5
"""Seconds after which it is said what holds a shutdown or a reload up."""
IMPATIENT: Final = 1.0
"""Seconds after which a second signal gives up; earlier ones are the same one, told to a process and to its group."""


class Ending:
    """Waits for what ends the run: a signal, or what the session says. A second signal gives up on a clean end."""

    def __init__(self) -> None:
        # A SimpleQueue may be put to from a signal handler; a lock that the main thread holds could not be taken there.
        self._reasons: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._signalled: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, lambda number, frame: self._reasons.put(LOOK))

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._signalled is None:
            self._signalled = now
            self._reasons.put("signal")
        elif now - self._signalled > IMPATIENT:
            raise KeyboardInterrupt

    def announce(self, reason: str) -> None:
        """End the run for this reason; from any thread."""
        self._reasons.put(reason)

    def wait(self, on_look: Callable[[], None]) -> str:
        """The first reason; meanwhile `on_look` is called whenever somebody sends SIGUSR1."""
        while (reason := self._reasons.get()) == LOOK:
            on_look()
        return reason


def pass_on(line: OutputLine) -> None:
    """A line of the application's output, as it is; our own lines under our name."""
    say(line.text if line.stream != "asgispy" else f"asgispy: {line.text}")


def announce(connection: Connection) -> None:
    """The line for a connection that has ended."""
    say(describe(connection))


def say_in_flight(collector: Collector, title: str = "") -> None:
    """What every open connection is doing now, with its stacks; under a title of its own only if there is something."""
    try:
        with CaptureReader(collector.capture) as reader:
            reports = collector.in_flight()
            _await_rows(reader, [each.connection for each in reports])
            lines = list(report_lines(reports, reader.connection, time.time_ns()))
    except CaptureError as error:
        lines = [str(error)]
    if title and lines == [NOTHING]:
        return
    title = title or "in flight"
    say(f"asgispy: {title}:")
    for line in lines:
        say(printable(line))


def describe(connection: Connection) -> str:
    """One line: "GET /items 200 12 ms 5.1 kB", and what went wrong."""
    parts = [connection.method or TYPE_NAMES[connection.type]]
    if connection.path is not None:
        query = f"?{connection.query.decode('latin-1')}" if connection.query else ""
        parts.append(printable(f"{connection.path}{query}"))
    if connection.status is not None:
        parts.append(str(connection.status))
    if connection.phase is not None:
        parts.append(connection.phase)
    if connection.close_code is not None:
        parts.append(f"closed {connection.close_code}")
    if connection.duration is not None:
        parts.append(format_duration(connection.duration))
    if connection.type == WEBSOCKET:
        parts.append(f"{format_size(connection.received)} in, {format_size(connection.sent)} out")
    elif connection.type != LIFESPAN:
        parts.append(format_size(connection.sent))
    if connection.state != COMPLETED:
        parts.append(STATE_NAMES[connection.state])
    if connection.exception is not None:
        parts.append(printable(connection.exception))
    if connection.findings:
        parts.append(f"{connection.findings} found, {LEVEL_NAMES[connection.level]} at worst")
    return " ".join(parts)


def _await_rows(reader: CaptureReader, ids: list[int]) -> None:
    """What has just opened is about to be written."""
    deadline = time.monotonic() + WRITTEN
    while len(reader.connections_of(ids)) < len(ids) and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def watching_stop(collector: Collector) -> Iterator[None]:
    """While the server stops: say what holds it up, once, when it takes a while."""
    stopped = threading.Event()

    def watch() -> None:
        if not stopped.wait(HELD_UP):
            say_in_flight(collector, "the shutdown waits for")

    thread = threading.Thread(target=watch, name="asgispy-stopping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def run_headless(launch: Launch, options: RecordingOptions, companion: Companion | None = None) -> int:
    """Run an application without a screen; gives the exit code."""
    ending = Ending()
    waits = find_server(launch.server).waiting_pattern

    def hear(line: OutputLine) -> None:
        pass_on(line)
        if waits is not None and waits.search(line.text) and session.supervisor.state is ServerState.RUNNING:
            later = threading.Timer(HELD_UP, say_in_flight, (session.recording.collector, "the reload waits for"))
            later.daemon = True
            later.start()

    session = RunSession(
        launch,
        options,
        companion,
        on_ended=announce,
        on_output=hear,
        on_state=lambda state: ending.announce("over") if state.over else None,
        on_failure=lambda failure: ending.announce("failure"),
    )
    try:
        with LifespanWatch(session.capture):
            session.start()
            reason = ending.wait(lambda: say_in_flight(session.recording.collector))
            with watching_stop(session.recording.collector):
                session.stop()
            problem = session.finish()
        if problem is not None:
            say(f"asgispy: {problem}")
            return EXIT_USAGE
        if reason == "over":
            if session.supervisor.verdict != EXIT_USAGE:  # then the child has said what is wrong with the target
                say(f"asgispy: {session.supervisor.ending}")
            return session.supervisor.verdict
        return EXIT_OK
    finally:
        session.supervisor.kill()  # only still there when interrupted a second time
        session.recording.close()


def attach_headless(address: Address, options: RecordingOptions) -> int:
    """Watch attached applications without a screen until a signal; gives the exit code."""
    ending = Ending()
    session = AttachSession(
        address,
        options,
        on_ended=announce,
        on_log=pass_on,
        on_failure=lambda failure: ending.announce("failure"),
    )
    try:
        with LifespanWatch(session.capture):
            say(f"asgispy: listening at {session.recording.collector.address}")
            ending.wait(lambda: say_in_flight(session.recording.collector))
            problem = session.recording.finish()
        if problem is not None:
            say(f"asgispy: {problem}")
            return EXIT_USAGE
        return EXIT_OK
    finally:
        session.recording.close()
