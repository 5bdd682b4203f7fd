"""What an exception tells about a call or an application: who is gone, who is to blame, what the server said.

Only type names, messages and tracebacks are known here, never the exceptions themselves. What must not move in: states
of a connection.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asgispy.model.finding import APP, FRAMEWORK

if TYPE_CHECKING:
    from asgispy.model.events import Error

_GONE: Final = frozenset(
    {
        "OSError",
        "ConnectionError",
        "ConnectionResetError",
        "ConnectionAbortedError",
        "ConnectionRefusedError",
        "BrokenPipeError",
        "TimeoutError",
        "ClientDisconnected",
        "ClientDisconnect",
    }
)
"""OSError and what servers and frameworks derive from it (HTTP and WebSocket specification, "Disconnected Client")."""
_CANCELLED: Final = frozenset({"asyncio.exceptions.CancelledError", "GeneratorExit"})

_FRAME: Final = re.compile(r'^\s*(?:\|\s*)*File "([^"]+)", line \d+', re.MULTILINE)
_PACKAGES: Final = re.compile(r"[\\/](?:site|dist)-packages[\\/]|[\\/]lib[\\/]python3|<frozen ")
_NOT_AWAITABLE: Final = re.compile(r"object .+ can't be used in 'await' expression|'?\w+'? object can't be awaited")
_NOT_CALLABLE_SO: Final = re.compile(
    r"takes .*positional arguments? but \d+ were given|missing \d+ required positional"
)


def described(error: Error) -> str:
    """An exception in one line."""
    name = error.type.rpartition(".")[2]
    text = error.message.partition("\n")[0]
    return f"{name}: {text}"[:300] if text else name


def is_gone(error: Error) -> bool:
    """Whether a send says with it that the client is gone."""
    return error.type.rpartition(".")[2] in _GONE


def is_cancelled(error: Error) -> bool:
    """Whether a task was cancelled."""
    return error.type in _CANCELLED


def outcome_of(server: str, error: Error) -> str:
    """What the server did with a message that it refused."""
    return f"{server or 'the server'} raised {described(error)}"


def never_called(error: Error) -> str | None:
    """The rule that an application breaks which can't be called as `app(scope, receive, send)` and awaited.

    Python raises a TypeError then, before any frame of the application's own.
    """
    if error.type.rpartition(".")[2] != "TypeError" or _FRAME.search(error.traceback):
        return None
    if _NOT_AWAITABLE.search(error.message):
        return "general.app-not-awaitable"
    return "general.double-callable-app" if _NOT_CALLABLE_SO.search(error.message) else None


def blame(traceback: str) -> str:
    """Whose exception it is: the framework's when no frame of a traceback lies outside of installed packages."""
    files = _FRAME.findall(traceback)
    return FRAMEWORK if files and all(_PACKAGES.search(file) for file in files) else APP
