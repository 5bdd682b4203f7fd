"""Where replays are told: lines of text on standard output, JSON Lines in a file or there.

What must not move in: what is said (replay/report).
"""

from __future__ import annotations

import json
import sys
from typing import IO, TYPE_CHECKING, Any, Final, Self

from asgispy.errors import UsageError
from asgispy.replay.report import result_lines, result_object, summary_lines, summary_object
from asgispy.replay.result import SAME, SKIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from asgispy.replay.result import Result, Tally

TOLD: Final = 20
"""Replays that are told one by one where only a summary is wanted, because they are not the same."""


class Output:
    """Text, JSON, or both."""

    def __init__(self, target: Path | None, *, keep_secrets: bool, brief: bool) -> None:
        """`target` is where JSON goes, `-` for standard output in place of text; `brief`: what is the same is not told
        one by one. Raises UsageError when the file can't be opened.
        """
        self._keep_secrets = keep_secrets
        self._brief = brief
        self._told = 0
        self._out: IO[bytes] | None = sys.stdout.buffer if sys.stdout is not None else None
        self._json: IO[bytes] | None = None
        self._own = False
        if target is not None and str(target) == "-":
            self._json, self._out = self._out, None
        elif target is not None:
            try:
                self._json, self._own = target.open("wb"), True
            except OSError as error:
                raise UsageError(f"--json {target}: can't be written: {error.strerror or error}") from error
        text = self._out is not None and self._out.isatty()
        self.quiet = brief or not text
        """Whether a terminal shows nothing as replays end, but for their number."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        if self._json is not None and self._own:
            self._json.close()

    def tell(self, result: Result) -> None:
        """One replay has ended, or was skipped."""
        if self._json is not None:
            self._write_json(result_object(result, keep_secrets=self._keep_secrets))
        if self._out is None or (self._brief and (result.verdict in (SAME, SKIPPED) or self._told >= TOLD)):
            return
        self._told += 1
        self._write_text("".join(f"{line}\n" for line in result_lines(result, keep_secrets=self._keep_secrets)))

    def finish(self, tally: Tally, *, timed: bool, remote: bool) -> None:
        """All has been replayed."""
        if self._json is not None:
            self._write_json(summary_object(tally))
        self._write_text("".join(f"{line}\n" for line in summary_lines(tally, timed=timed, remote=remote)))

    def _write_json(self, value: dict[str, Any]) -> None:
        self._json = self._write(self._json, json.dumps(value).encode() + b"\n")

    def _write_text(self, text: str) -> None:
        self._out = self._write(self._out, text.encode("utf-8", "backslashreplace"))

    def _write(self, file: IO[bytes] | None, data: bytes) -> IO[bytes] | None:
        """Where to write further; None when nobody reads it any more."""
        if file is None:
            return None
        try:
            file.write(data)
            file.flush()
        except OSError:
            return None
        return file
