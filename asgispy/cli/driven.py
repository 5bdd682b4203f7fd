"""An application under check: started on a free port, asked what is to be asked, and stopped.

What must not move in: what a finding is worth (formats/report) and options (check).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asgispy.cli.sessions import RunSession
from asgispy.driving.client import Client
from asgispy.driving.openapi import PLACES, described_requests
from asgispy.driving.plan import AUTOMATIC
from asgispy.driving.requests import Request
from asgispy.errors import EXIT_OK, UsageError
from asgispy.launch.port import answers, free_port
from asgispy.launch.supervisor import ServerState
from asgispy.settings import Launch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.cli.recording import RecordingOptions
    from asgispy.driving.client import Answer
    from asgispy.driving.plan import Plan
    from asgispy.model.connection import OutputLine

HOST: Final = "127.0.0.1"
KNOCK: Final = 0.05
"""Seconds between two looks whether a server listens."""
LAST_BREATH: Final = 0.5
"""Seconds in which a server that listens no more may end."""
LAST_LINES: Final = 40
"""Lines of the application's output that are shown when it does not start."""


@dataclass(slots=True)
class Driven:
    """What went wrong while an application was driven."""

    failures: list[str] = field(default_factory=list)
    skipped: int = 0
    output: list[str] = field(default_factory=list)
    """The last lines of the application's output, when it did not start or died."""


def drive(launch: Launch, options: RecordingOptions, plan: Plan) -> tuple[RunSession, Driven]:
    """Start, ask, stop: the session, whose recording is complete but not closed. Raises the errors of its parts."""
    return _Drive(launch, options, plan).run()


class _Drive:
    def __init__(self, launch: Launch, options: RecordingOptions, plan: Plan) -> None:
        self._plan = plan
        self._driven = Driven()
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._port = free_port(HOST)
        self._client = Client(HOST, self._port, plan.timeout)
        given = {**launch.options, "host": HOST, "port": self._port}
        launch = Launch(launch.target, launch.server, launch.factory, launch.interface, launch.app_dir, given)
        self._session = RunSession(launch, options, on_output=self._output, on_state=self._state)

    def _output(self, line: OutputLine) -> None:
        self._lines.append(line.text)
        del self._lines[:-LAST_LINES]

    def _state(self, state: ServerState) -> None:
        with self._changed:
            self._changed.notify_all()

    def run(self) -> tuple[RunSession, Driven]:
        session = self._session
        try:
            session.start()
            if self._is_up():
                self._ask()
            session.stop()
            self._judge_end()
            problem = session.finish()
            if problem is not None:
                raise UsageError(problem)
        except BaseException:
            session.supervisor.kill()
            session.recording.close()
            raise
        return session, self._driven

    def _is_up(self) -> bool:
        supervisor = self._session.supervisor
        deadline = time.monotonic() + self._plan.startup_timeout
        with self._changed:
            while not (supervisor.state is ServerState.RUNNING or supervisor.state.over):
                if not self._changed.wait(timeout=deadline - time.monotonic()) and time.monotonic() >= deadline:
                    text = f"the application did not start up within {self._plan.startup_timeout:g} s"
                    self._fail(text)
                    return False
        while supervisor.state is ServerState.RUNNING:  # some say so before their workers listen
            if answers(HOST, self._port, None):
                return True
            if time.monotonic() > deadline:
                self._fail(f"the server did not listen within {self._plan.startup_timeout:g} s")
                return False
            supervisor.wait(KNOCK)
        return False

    def _fail(self, text: str) -> None:
        self._driven.failures.append(text)

    def _ask(self) -> None:
        for request in self._requests():
            if self._session.supervisor.state is not ServerState.RUNNING:
                return  # it has died: that is told at the end
            answer = self._client.send(request)
            if answer.failure:
                self._fail(f"{request}: {answer.failure}")
                self._session.supervisor.wait(2 * KNOCK)
                if not answers(HOST, self._port, None):
                    self._session.supervisor.wait(LAST_BREATH)

    def _requests(self) -> Iterator[Request]:
        plan = self._plan
        yield from plan.requests
        described = self._described() if plan.openapi else []
        for request in (*plan.recorded, *described):
            if request.safe or plan.unsafe:
                yield request
            else:
                self._driven.skipped += 1

    def _described(self) -> list[Request]:
        """The requests of the application's own description."""
        places = PLACES if self._plan.openapi == AUTOMATIC else (self._plan.openapi,)
        answer: Answer | None = None
        for place in places:
            answer = self._client.send(Request("GET", place, (("accept", "application/json"),)))
            if answer.status == 200:
                try:
                    return described_requests(answer.body)
                except UsageError:
                    if self._plan.openapi != AUTOMATIC:
                        raise
        if self._plan.openapi != AUTOMATIC:
            said = answer.failure or f"status {answer.status}" if answer is not None else "nothing"
            self._fail(f"{self._plan.openapi}: no OpenAPI description there ({said})")
        return []

    def _judge_end(self) -> None:
        supervisor = self._session.supervisor
        if supervisor.verdict != EXIT_OK and supervisor.ending:
            self._fail(supervisor.ending)
        if self._driven.failures:
            self._driven.output = self._lines
