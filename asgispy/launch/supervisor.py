"""The server's life as the inspector sees it: checked, started, running, stopped or failed, and started again.

Everything here may be called from any thread. The callbacks come from threads of this module, one at a time for
lines; they must not raise, and must not wait for the supervisor.
What must not move in: what the application does (the probe tells that), and screens.
"""

from __future__ import annotations

import enum
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asgispy.errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE, UsageError
from asgispy.launch import handover
from asgispy.launch.child import Child
from asgispy.launch.port import answers, check_descriptor, check_port
from asgispy.launch.servers import find_server
from asgispy.model.connection import OutputLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgispy.launch.servers import Listening, Server
    from asgispy.settings import Launch

__all__ = ["OutputLine", "ServerState", "Supervisor"]

SERVE: Final = str(Path(__file__).with_name("serve.py"))
FILES: Final = ("ssl_keyfile", "ssl_certfile", "ssl_ca_certs", "env_file", "log_config")
COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
ENDED_AS_ASKED: Final = frozenset({0, -signal.SIGINT, -signal.SIGTERM, 130, 143})
TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
LAST_CALL: Final = 3.0
KNOCK_AFTER: Final = 1.0
KNOCK_EVERY: Final = 0.25


class ServerState(enum.Enum):
    """Where the server's life stands."""

    STARTING = "starting"
    RUNNING = "running"
    """It listens."""
    STOPPING = "stopping"
    STOPPED = "stopped"
    """It ended because it was asked to, or was never started."""
    FAILED = "failed"
    """It ended by itself, and not well."""
    ENDED = "ended"
    """It ended by itself, well."""

    @property
    def over(self) -> bool:
        """Whether no process is left."""
        return self in {ServerState.STOPPED, ServerState.FAILED, ServerState.ENDED}


class Supervisor:
    """Starts, stops and watches the process of one launch."""

    def __init__(
        self,
        launch: Launch,
        *,
        environment: Mapping[str, str],
        on_output: Callable[[OutputLine], None],
        on_state: Callable[[ServerState], None],
    ) -> None:
        self.launch: Final = launch
        self._environment: Final = environment
        self._on_output: Final = on_output
        self._on_state: Final = on_state
        self._lock: Final = threading.RLock()
        # The run at hand.
        self.state = ServerState.STOPPED
        self.exit_code: int | None = None
        self.address: str | None = None
        self.ending = ""
        self._child: Child | None = None
        self._verdict = EXIT_OK
        self._confessed = False
        self._folder: Path | None = None

    @property
    def pid(self) -> int | None:
        """Of the server's first process, while it lives."""
        return None if self._child is None or self.state.over else self._child.pid

    @property
    def verdict(self) -> int:
        """What a command that only ran this server exits with: 0, 1 the application failed, 2 wrong usage."""
        return self._verdict

    def check(self) -> None:
        """UsageError for everything that can be known to go wrong before anything is started."""
        launch = self.launch
        server = find_server(launch.server)
        server.arguments(launch.options, launch.extra_arguments)
        if launch.app_dir and not Path(launch.app_dir).is_dir():
            raise UsageError(f"--app-dir {launch.app_dir}: there is no such folder")
        for name in FILES:
            if launch.options.get(name) and not Path(str(launch.options[name])).is_file():
                raise UsageError(f"--{name.replace('_', '-')} {launch.options[name]}: there is no such file")
        if launch.options.get("fd") is not None:
            check_descriptor(int(str(launch.options["fd"])))
        # What stands after `--` may name another port, which only the server understands.
        placed = any(launch.options.get(name) is not None for name in ("host", "port"))
        place = self._expected(server)
        if place.port and place.path is None and (placed or not launch.extra_arguments):
            check_port(place.host, place.port)

    def start(self) -> None:
        """Starts the server; does nothing while one runs."""
        if self._child is not None and self.state.over:
            # Its end is told before the next start is.
            self._child.wait(LAST_CALL)
        with self._lock:
            if not self.state.over:
                return
            server = find_server(self.launch.server)
            self.exit_code, self.address, self.ending = None, None, ""
            self._verdict, self._confessed = EXIT_OK, False
            self._folder = Path(tempfile.mkdtemp(prefix="asgispy-launch-"))
            self._child = child = self._spawn(server)
            self.state = ServerState.STARTING
        self._on_state(ServerState.STARTING)
        child.start()
        threading.Thread(target=self._knock, args=(server, child), name="asgispy-knock", daemon=True).start()

    def stop(self, timeout: float = 8.0) -> int:
        """Lets the server end gracefully, insists, then kills; its exit code. Never raises."""
        child = self._child
        if child is None:
            return 0
        with self._lock:
            first = self.state in {ServerState.STARTING, ServerState.RUNNING}
            if first:
                self.state = ServerState.STOPPING
        if first:
            self._on_state(ServerState.STOPPING)
            self._end(child, timeout)
        code = child.wait(None if first else timeout + 5)
        return 0 if code is None else code

    def kill(self) -> None:
        """Ends the server at once, with everything that it started: for somebody who does not want to wait."""
        if self._child is not None and not self.state.over:
            self._child.kill()
            self._child.wait(None)

    def restart(self) -> None:
        """Stops what runs, and starts the same launch anew."""
        self.stop()
        self.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code once the server has ended; None if it still runs after the timeout."""
        child = self._child
        return self.exit_code if child is None else child.wait(timeout)

    def _end(self, child: Child, timeout: float) -> None:
        request = find_server(self.launch.server).stop_signal
        child.ask(request)
        if child.wait(timeout * 0.6) is None:
            child.ask(request)
            if child.wait(timeout * 0.4) is None:
                child.kill()

    def _spawn(self, server: Server) -> Child:
        launch = self.launch
        arguments = server.arguments(launch.options, launch.extra_arguments)
        # -P keeps the folder of serve.py from the import path; the server adds the user's itself.
        command = [sys.executable, "-P", SERVE, server.name, *arguments]
        descriptor = launch.options.get("fd")
        return Child(
            command,
            self._child_environment(server),
            inherit=() if descriptor is None else (int(str(descriptor)),),
            on_line=partial(self._take_line, server, self._expected(server)),
            on_end=self._take_end,
        )

    def _child_environment(self, server: Server) -> dict[str, str]:
        environment = {**os.environ, **self.launch.environment, **self._environment, "PYTHONUNBUFFERED": "1"}
        # Read by us: it would make the server call our entry point as a factory.
        factory = environment.pop(f"{server.environment_prefix}_FACTORY", "").lower() in TRUE
        environment[handover.ENTRY] = handover.describe(replace(self.launch, factory=True) if factory else self.launch)
        environment[handover.PARENT] = str(os.getpid())
        if self._folder is not None:
            environment[handover.VERDICT] = str(self._folder / "verdict")
        return environment

    def _expected(self, server: Server) -> Listening:
        return server.listening(self.launch.options, {**os.environ, **self._environment})

    def _take_line(self, server: Server, place: Listening, line: OutputLine) -> None:
        self._on_output(line)
        text = COLOURS.sub("", line.text)
        if server.failure_pattern and server.failure_pattern.search(text):
            self._confessed = True
        if self.address is None and (found := server.address(text, place)):
            self._running(found)

    def _knock(self, server: Server, child: Child) -> None:
        """Notices that the server listens although its log level keeps it from saying so."""
        place = self._expected(server)
        if place.url is None or child.wait(KNOCK_AFTER) is not None:
            return
        while self._child is child and self.state is ServerState.STARTING:
            if answers(place.host, place.port, place.path):
                self._running(place.url)
            elif child.wait(KNOCK_EVERY) is not None:
                return

    def _running(self, address: str) -> None:
        with self._lock:
            self.address = address
            if self.state is not ServerState.STARTING:
                return
            self.state = ServerState.RUNNING
        self._on_state(ServerState.RUNNING)

    def _take_end(self, child: Child, code: int) -> None:
        with self._lock:
            asked = self.state is ServerState.STOPPING
            told = self._read_verdict()
            self.exit_code = code
            self._verdict = self._judge(code, asked=asked and not child.overdue, told=told)
            if asked:
                state = ServerState.STOPPED
            else:
                state = ServerState.ENDED if self._verdict == EXIT_OK else ServerState.FAILED
            self.ending = self._describe_end(code, overdue=child.overdue, told=told)
            self.state = state
        self._on_state(state)

    def _judge(self, code: int, *, asked: bool, told: int | None) -> int:
        # Servers that are interrupted before they listen end in various ways, all of them as asked.
        if asked and (code in ENDED_AS_ASKED or self.address is None):
            return EXIT_OK
        if told is not None:
            return told
        if code == 0:
            well = not self._confessed and (asked or find_server(self.launch.server).zero_means_well)
            return EXIT_OK if well else EXIT_FAILED
        return EXIT_USAGE if code == EXIT_USAGE else EXIT_FAILED

    def _read_verdict(self) -> int | None:
        """What our entry point left when it could not load the target."""
        folder, self._folder = self._folder, None
        if folder is None:
            return None
        try:
            return int((folder / "verdict").read_text())
        except (OSError, ValueError):
            return None
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _describe_end(self, code: int, *, overdue: bool, told: int | None) -> str:
        name = self.launch.server
        if overdue:
            return f"{name} did not stop in time and was killed"
        if told == EXIT_USAGE:
            return f"{name} found no application at {self.launch.target}"
        if told is not None:
            return f"{self.launch.target} failed to load"
        if code < 0:
            return f"{name} was {'killed' if code == -signal.SIGKILL else 'ended'} by {signal_name(-code)}"
        if code == 0 and self._confessed:
            return f"{name} stopped since its workers failed to start"
        return f"{name} exited with code {code}"


def signal_name(number: int) -> str:
    """SIGKILL for 9; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
