"""The collector: a listener, a pipeline and a writer, joined for as long as a recording lasts."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec import structs

from asgispy.capture.database import seal
from asgispy.capture.writer import CaptureWriter
from asgispy.collect.listener import Listener
from asgispy.collect.pipeline import Pipeline
from asgispy.model.connection import OutputLine
from asgispy.settings import CLOSER, Limits
from asgispy.wire.address import ADDRESS_VARIABLE, TOKEN_VARIABLE, TcpAddress, UnixAddress
from asgispy.wire.handshake import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asgispy.checks.policy import Policy
    from asgispy.errors import CaptureError
    from asgispy.model.connection import Connection, Note
    from asgispy.model.observation import InFlight
    from asgispy.settings import Retention, Watching
    from asgispy.wire.address import Address


class Collector:
    """Records what probes send, into a file or into a temporary capture that goes when it is closed."""

    def __init__(
        self,
        *,
        capture: Path | None = None,
        address: Address | None = None,
        limits: Limits | None = None,
        retention: Retention | None = None,
        policy: Policy | None = None,
        watching: Watching | None = None,
        on_ended: Callable[[Connection], None] = lambda connection: None,
        on_log: Callable[[OutputLine], None] = lambda line: None,
        on_failure: Callable[[CaptureError], None] = lambda error: None,
    ) -> None:
        """Without `address` it listens at a private one, for processes that get its `environment`.

        What it has to say of peers it records as output, and tells `on_log`, which may happen before this returns.
        Raises CaptureError or AddressError.
        """
        self._folder = Path(tempfile.mkdtemp(prefix="asgispy-"))
        self.capture = capture or self._folder / "capture.asgispy"
        self._finished = False
        self._on_log = on_log
        try:
            self._writer = CaptureWriter(self.capture, retention, on_failure)
            try:
                pipeline = Pipeline(self._writer, on_ended, policy)
                address = address or self._private_address()
                self.token = _token(address)
                self._listener = Listener(
                    address, pipeline, limits or Limits(), self.token, self._log, _watch(watching)
                )
            except BaseException:
                self._writer.close()
                raise
        except BaseException:
            self._remove_folder()
            raise
        self.add_output: Callable[[OutputLine], None] = self._listener.add_output
        """Record a line of the application's output; from any thread."""
        self._listener.start()

    def _log(self, text: str) -> None:
        line = OutputLine(time.time_ns(), "asgispy", text)
        self._listener.add_output(line)
        self._on_log(line)

    @property
    def address(self) -> Address:
        """Where it listens."""
        return self._listener.address

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a `SpyMiddleware` finds this collector."""
        return {ADDRESS_VARIABLE: str(self.address), TOKEN_VARIABLE: self.token}

    @property
    def processes(self) -> int:
        """How many application processes are connected."""
        return self._listener.processes

    def in_flight(self, timeout: float = 2.0) -> list[InFlight]:
        """What every open connection is doing now; of processes that do not answer within `timeout` seconds nothing."""
        return self._listener.in_flight(timeout)

    def expect_replay(self, client: str, original: int) -> None:
        """The next connection of this client (host:port) is a recorded one that is sent again; from any thread."""
        self._listener.expect_replay(client, original)

    @property
    def watching(self) -> tuple[str, ...]:
        """Which of what is off unless asked for is looked at now: names of `settings.CLOSER`."""
        return tuple(name for name in CLOSER if getattr(self._listener.watch, name))

    def switch_watch(self, name: str) -> None:
        """Look at one of `settings.CLOSER` from now on, or not any more; connections that are open stay as they are."""
        watch = self._listener.watch
        self._listener.set_watch(structs.replace(watch, **{name: not getattr(watch, name)}))

    @property
    def failure(self) -> CaptureError | None:
        """Why writing has stopped; None while it goes on."""
        return self._writer.failure

    def amend(self, notes: Mapping[int, Note], deleted: Sequence[int] = ()) -> None:
        """Set notes and delete connections; from any thread, waits until that is committed. Raises CaptureError."""
        self._writer.amend(notes, deleted)

    def finish(self) -> None:
        """Write all that has come and close the capture; it can still be read until `close`."""
        if self._finished:
            return
        self._finished = True
        self._listener.close()
        self._writer.close()

    def close(self) -> None:
        """Leave one file of a capture that is to be kept, and nothing of a temporary one."""
        seal(self.capture)
        self._remove_folder()

    def _private_address(self) -> Address:
        return TcpAddress("127.0.0.1", 0) if os.name == "nt" else UnixAddress(str(self._folder / "run.sock"))

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.finish()
        self.close()


def _watch(watching: Watching | None) -> Watch:
    """What probes are asked to look at; by default nothing but messages."""
    return Watch(**asdict(watching)) if watching is not None else Watch()


def _token(address: Address) -> str:
    """A Unix socket is guarded by its folder; a port by a token, which the environment may give."""
    if isinstance(address, UnixAddress):
        return ""
    return os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(16)
