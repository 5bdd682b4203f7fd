"""What a recording command was asked for, and the recording itself: collector, live JSON, and where lines go.

The commands differ in what they watch (sessions); this is what they share, with a screen and without.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

from asgispy.cli.filtering import Sieve, filter_of
from asgispy.cli.live_json import LiveJson
from asgispy.cli.options import policy_from, watching_from
from asgispy.collect.collector import Collector
from asgispy.errors import UsageError
from asgispy.model.units import format_size
from asgispy.settings import Limits, Retention
from asgispy.wire.framing import FRAME_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from asgispy.errors import CaptureError
    from asgispy.model.connection import Connection, OutputLine
    from asgispy.wire.address import Address


MESSAGE_LIMIT: Final = FRAME_LIMIT // 2
"""Bytes of one message's body that can be recorded: it travels in one frame, beside others."""


def has_terminal() -> bool:
    """Whether a screen can be shown: it reads standard input and is painted on standard error."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """The values of `options.recording_options`; each has a default for recordings that nobody gave options for."""

    headless: bool = True
    plain: bool = False
    capture: Path | None = None
    json: Path | None = None
    body_limit: int = Limits().body_limit
    keep: int = Retention().keep
    keep_bytes: int = Retention().keep_bytes
    filter: str | None = None
    secrets: str = "mask"
    checks: str = "standard"
    ignore: tuple[str, ...] = ()
    watch: str = ""

    @classmethod
    def take(cls, values: dict[str, Any]) -> Self:
        """Take the values of `options.recording_options` out of a command's values."""
        return cls(**{each.name: values.pop(each.name) for each in fields(cls)})

    def check(self, command: str) -> None:
        """Raise UsageError for what can't go together or can't be understood, before anything is started."""
        filter_of(self.filter)
        policy_from(self.checks, self.ignore)
        watching_from(self.watch)
        if self.body_limit > MESSAGE_LIMIT:
            raise UsageError(f"--body-limit: at most {format_size(MESSAGE_LIMIT)} of one message can be recorded")
        if self.headless:
            return
        if not has_terminal():
            raise UsageError(f"{command} needs a terminal for its screen: use --headless to go without")
        if self.json is not None and str(self.json) == "-":
            raise UsageError("--json - would write into the screen: use --headless, or name a file")


def limits_for(body_limit: int) -> Limits:
    """A connection may keep many messages of the size that one may have."""
    return Limits(body_limit=body_limit, connection_limit=max(body_limit * 64, Limits().connection_limit))


class Recording:
    """A collector and, if asked for, JSON Lines as connections end; both lines and JSON only of those that match."""

    def __init__(
        self,
        options: RecordingOptions,
        *,
        address: Address | None = None,
        on_ended: Callable[[Connection], None] = lambda connection: None,
        on_log: Callable[[OutputLine], None] = lambda line: None,
        on_failure: Callable[[CaptureError], None] = lambda error: None,
    ) -> None:
        """Raises CaptureError, AddressError, QueryError, or UsageError when the JSON file can't be written."""
        query = filter_of(options.filter)
        self._on_ended = on_ended
        self._json: LiveJson | None = None
        self._sieve: Sieve | None = None
        self._finished = False
        self.collector = Collector(
            capture=options.capture,
            address=address,
            limits=limits_for(options.body_limit),
            policy=policy_from(options.checks, options.ignore),
            watching=watching_from(options.watch),
            retention=Retention(keep=options.keep, keep_bytes=options.keep_bytes),
            on_ended=self._ended,
            on_log=on_log,
            on_failure=on_failure,
        )
        try:
            if options.json is not None:
                self._json = LiveJson(self.collector.capture, options.json, keep_secrets=options.secrets == "keep")
            if query is not None and (options.headless or self._json is not None):
                self._sieve = Sieve(self.collector.capture, query, self._tell)
        except BaseException:
            self.close()
            raise

    def _ended(self, connection: Connection) -> None:
        if self._sieve is not None:
            self._sieve.ended(connection.id)
        else:
            self._tell(connection)

    def _tell(self, connection: Connection) -> None:
        if self._json is not None:
            self._json.ended(connection.id)
        self._on_ended(connection)

    def finish(self) -> str | None:
        """Finish the capture, then what is told of it; gives what went wrong with either, if anything."""
        if not self._finished:
            self._finished = True
            self.collector.finish()
            for each in (self._sieve, self._json):
                if each is not None:
                    each.finish()
        if self.collector.failure is not None:
            return str(self.collector.failure)
        return next((each.failure for each in (self._sieve, self._json) if each is not None and each.failure), None)

    def close(self) -> None:
        """Finish if that has not been done, and remove a temporary capture."""
        self.finish()
        self.collector.close()
