"""Every error that asgispy raises on purpose, and the exit code each of them ends in.

    AsgispyError                 something asgispy can explain in one line
    ├── UsageError               wrong flags, names or combinations; exit 2
    │   ├── TargetError          the application's name leads to nothing that can be called
    │   ├── QueryError           a filter that can't be understood, with the position
    │   └── MissingExtra         an optional part is not installed
    ├── CaptureError             the capture file can't be read or written; exit 2
    │   ├── NotACapture          not a capture, damaged, or cut off
    │   ├── NewerCapture         written by a newer asgispy
    │   ├── CaptureBusy          another asgispy is writing it
    │   └── CaptureFull          the disk is full, or the file may not grow
    ├── AddressError             an address that can't be parsed, used or reached; exit 2
    ├── WireError                a peer broke the protocol; that peer is closed, nobody else
    └── ApplicationFailed        the watched application failed; exit 1

What must not move in: foreign exceptions (mapped where they are caught) and texts longer than one line.
"""

from __future__ import annotations

from typing import ClassVar, Final

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130


class AsgispyError(Exception):
    """Base of all: its text is one line that says what is wrong and what to do."""

    exit_code: ClassVar[int] = EXIT_USAGE


class UsageError(AsgispyError):
    """The command line asks for something that can't be done."""


class TargetError(UsageError):
    """`module:attr` does not lead to an application."""


class MissingExtra(UsageError):
    """An optional part is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} is not installed: pip install 'asgispy[{extra}]'")
        self.extra = extra


class QueryError(UsageError):
    """A filter that can't be understood; `position` is the index of the character (from 0) at which it goes wrong."""

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        super().__init__(f"filter: {message} at character {position + 1}{'; ' + hint if hint else ''}")
        self.message = message
        self.position = position
        self.hint = hint


class CaptureError(AsgispyError):
    """A capture can't be opened, read or written."""


class NotACapture(CaptureError):
    """The file is not a capture, or is damaged."""


class NewerCapture(CaptureError):
    """The capture was written by a newer version of asgispy."""


class CaptureBusy(CaptureError):
    """Another process is writing the capture."""


class CaptureFull(CaptureError):
    """The capture can't grow: the disk is full or the file may not be written."""


class AddressError(AsgispyError):
    """An inspector's address that can't be parsed, listened on or reached."""


class WireError(AsgispyError):
    """A peer sent what the protocol does not allow; its connection is closed."""


class ApplicationFailed(AsgispyError):
    """The watched application did not start, crashed, or failed."""

    exit_code = EXIT_FAILED
