"""An HTTP exchange under check, said in a few words and by a clock of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from asgispy.checks.http import HttpCheck
from asgispy.checks.policy import policy_of
from asgispy.checks.process import ProcessCheck
from asgispy.checks.request import read_scope
from asgispy.model.connection import HTTP, Connection
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND, Error
from asgispy.settings import S
from tests.support.driver import http_scope

if TYPE_CHECKING:
    from asgispy.settings import Thresholds

MS = S // 1000
HTML = [(b"content-type", b"text/html; charset=utf-8")]


class Exchange:
    """One request and its response; each event comes a millisecond after the one before, unless told otherwise."""

    def __init__(self, *, profile: str = "standard", thresholds: Thresholds | None = None, **scope: Any) -> None:
        self._process = ProcessCheck(policy_of(profile, (), thresholds), "uvicorn 0.54.0")
        recorded = {**http_scope(**scope)}
        recorded["headers"] = [list(pair) for pair in recorded["headers"]]
        self.check = HttpCheck(self._process, Connection(1, 1, HTTP, 0), recorded, read_scope(recorded, []))
        self.clock = 0
        self._index = 0

    def wait(self, nanoseconds: int) -> Self:
        """Time goes by."""
        self.clock += nanoseconds
        return self

    def _apply(self, kind: int, duration: int, message: Any, error: Error | None = None) -> Self:
        self._index += 1
        self.clock += MS
        self.check.apply(kind, self._index, self.clock, duration, message, error, None)
        self.clock += duration
        return self

    def receive(self, body: bytes = b"", *, more: bool = False, took: int = 1000) -> Self:
        """A part of the request."""
        return self._apply(RECEIVE, took, {"type": "http.request", "body": body, "more_body": more})

    def leave(self) -> Self:
        """The disconnect is received."""
        return self._apply(RECEIVE, 1000, {"type": "http.disconnect"})

    def watch(self) -> Self:
        """A receive begins to wait for the disconnect."""
        self._index += 1
        self.check.apply(RECEIVE, self._index, self.clock, None, None, None, None)
        return self

    def start(self, status: int = 200, headers: Any = None, *, took: int = 1000) -> Self:
        """The response starts, as HTML unless headers are given."""
        pairs = HTML if headers is None else headers
        message = {"type": "http.response.start", "status": status, "headers": [list(pair) for pair in pairs]}
        return self._apply(SEND, took, message)

    def body(self, body: Any = b"", *, more: bool = False, took: int = 1000) -> Self:
        """A part of the response's body."""
        return self._apply(SEND, took, {"type": "http.response.body", "body": body, "more_body": more})

    def over(self) -> set[str]:
        """The callable returns: which rules have fired by then."""
        self._apply(RETURN, 0, None)
        return self.found

    def fail(self) -> set[str]:
        """An exception leaves the callable: which rules have fired by then."""
        self._apply(RAISE, 0, None, Error("builtins.KeyError", "'a'", ""))
        return self.found

    @property
    def found(self) -> set[str]:
        """Rules that have fired."""
        return set(self.check.findings)

    def text(self, rule: str) -> str:
        """What was said when a rule fired."""
        return self.check.findings[rule].message
