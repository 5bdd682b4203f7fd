"""A connection of any type under check, told call by call; a millisecond passes between two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from asgispy.checks import engine
from asgispy.checks.policy import Policy
from asgispy.model.connection import HTTP, LIFESPAN, OTHER, WEBSOCKET, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.probe.snapshot import encode_careful, encode_scope
from asgispy.wire.codec import decode_value

if TYPE_CHECKING:
    from asgispy.checks.process import ProcessCheck

MS = 1_000_000
BASE = 10**18
TYPES = {"http": HTTP, "websocket": WEBSOCKET, "lifespan": LIFESPAN}
LEFT = Error("builtins.OSError", "client is gone", "")
FAILURE = Error("builtins.ValueError", "it broke", 'File "/srv/app.py", line 1, in app\n')


class Talk:
    """One connection of a process, `at` so many milliseconds after the process began."""

    _ids = 0

    def __init__(
        self, scope: Any, process: ProcessCheck | None = None, *, at: int = 0, facts: Any = None, policy: Any = None
    ) -> None:
        self.process = process or engine.join(policy or Policy(), "uvicorn 0.54.0")
        Talk._ids += 1
        kind = scope.get("type") if type(scope) is dict else None
        connection = Connection(Talk._ids, 1, TYPES.get(kind if type(kind) is str else "", OTHER), BASE + at * MS)
        seen = decode_value(encode_scope(scope) if type(scope) is dict else encode_careful(scope))
        self.check = engine.open_check(self.process, connection, seen, None, facts)
        self._order = 0
        self.now = 0

    def call(self, kind: int, message: Any, error: Error | None = None, took: int = 1000) -> Self:
        """An event that is over."""
        self.now += MS
        self._order += 1
        travelled = None if message is None else decode_value(encode_careful(message))
        self.check.apply(kind, self._order, self.now, took, travelled, error, None)
        return self

    def add(self, facts: Any) -> Self:
        """What the probe adds to the event that comes next."""
        self.check.facts(self._order + 1, facts)
        return self

    def wait(self, milliseconds: int) -> Self:
        """Time goes by."""
        self.now += milliseconds * MS
        return self

    def receive(self, *messages: Any) -> Self:
        """The application receives these."""
        for message in messages:
            self.call(RECEIVE, {"type": message} if type(message) is str else message)
        return self

    def send(self, *messages: Any, error: Error | None = None) -> Self:
        """The application sends these."""
        for message in messages:
            self.call(SEND, {"type": message} if type(message) is str else message, error)
        return self

    def returns(self) -> Self:
        """The application returns."""
        return self.call(RETURN, None, took=0)

    def raises(self, error: Error = FAILURE) -> Self:
        """An exception leaves the application."""
        return self.call(RAISE, None, error, took=0)

    @property
    def told(self) -> set[str]:
        """The rules that have fired."""
        return set(self.check.findings)
