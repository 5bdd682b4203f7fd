"""The short way for what is plainly right, which is nearly everything: the same verdict as `http`, for less.

As long as each event of an exchange is the usual next one, a few comparisons tell that no rule is broken. At the first
that is not, `HttpCheck` goes on with this and all that follows. What must not move in: rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.checks.content import ContentCheck
from asgispy.checks.http import BODY, COMPLETE, IDLE, START, STARTED, STREAMING, HttpCheck
from asgispy.checks.response import Body
from asgispy.checks.smells import end_smells
from asgispy.model.events import RECEIVE, RETURN, SEND

if TYPE_CHECKING:
    from asgispy.model.events import Error


class QuickHttpCheck(HttpCheck):
    """One HTTP request and its response."""

    _plain = True
    """Whether everything so far was the usual."""

    def apply(
        self, kind: int, index: int, offset: int, duration: int | None, message: Any, error: Error | None, key: Any
    ) -> None:
        """Take in an event."""
        if self._plain and error is None and duration is not None and index == self._seen + 1:
            if kind == SEND:
                usual = self._sends(index, offset, duration, message, key)
            elif kind == RECEIVE:
                usual = self._receives(offset, duration, message)
            else:
                usual = kind == RETURN and message is None and self.state == COMPLETE
            if usual:
                self._seen = index
                self.now = offset + duration
                if kind == RETURN:
                    self._returns(index, offset)
                return
        self._plain = False
        super().apply(kind, index, offset, duration, message, error, key)

    def _receives(self, offset: int, duration: int, message: Any) -> bool:
        """The whole request at once."""
        if self.exchanged or type(message) is not dict or len(message) != 3 or message.get("type") != "http.request":
            return False
        body = message.get("body")
        if type(body) is not bytes or message.get("more_body") is not False:
            return False
        size = len(body)
        if self.request.length is not None and self.request.length != size:
            return False
        self.requests = self.exchanged = 1
        self.received_bytes = size
        self.request_done = end = offset + duration
        self._receive = offset, end
        return True

    def _sends(self, index: int, offset: int, duration: int, message: Any, key: Any) -> bool:
        """The start, or a part of the body that agrees with it."""
        if offset < self.last_end or type(message) is not dict:
            return False
        kind = message.get("type")
        if kind == BODY:
            if not self._continues(index, offset, message):
                return False
        elif kind == START:
            shape = self.process.sends["http"].shape(message, key)
            if self.state != IDLE or shape.faults or shape.malformed or shape.facts.trailers:
                return False
            self.state, self.start, self.start_event, self.started_at = STARTED, shape.facts, index, offset
            if shape.facts.structured:
                self.content = ContentCheck.for_response(shape.facts, self.method)
        else:
            return False
        self.exchanged += 1
        self.held += duration
        self.last_sent = offset
        self.last_end = offset + duration
        return True

    def _continues(self, index: int, offset: int, message: dict[Any, Any]) -> bool:
        """A part of the body, where one may come."""
        start, body, more = self.start, message.get("body"), message.get("more_body", False)
        if (
            start is None
            or type(body) is not bytes
            or type(more) is not bool
            or len(message) != 2 + ("more_body" in message)
        ):
            return False
        size = len(body)
        if self.state != STARTED and self.state != STREAMING:
            return False
        if size and (start.bodiless or self.scope.get("method") == "HEAD"):
            return False
        if start.length is not None:
            total = self.sent_bytes + size
            if total > start.length or (total < start.length and not more):
                return False
        if more or self.content is not None or self.bodies:
            self._advance_body(Body(size, more, body), index, offset)
            return True
        self.bodies = 1
        self.sent_bytes = self.largest = size
        self.filled = 1 if size else 0
        self.first_body = self.completed = offset
        self.state = COMPLETE
        return True

    def _returns(self, index: int, offset: int) -> None:
        self.ended = offset
        for rule, text, event in end_smells(self, index, offset):
            self.report(rule, text, event)
        if self.process.lifespans:
            self.process.over(self)
