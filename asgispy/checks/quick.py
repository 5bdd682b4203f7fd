"""The short way for what is plainly right, which is nearly everything: the same verdict as `http`, for less.

A request, a start, one body and a return are held back and looked at together: a few comparisons tell that no rule is
broken. At the first event that is not the usual next one, `HttpCheck` takes over from the beginning. What must not move
in: rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgispy.checks.content import ContentCheck
from asgispy.checks.http import BODY, COMPLETE, START, HttpCheck
from asgispy.checks.response import Body
from asgispy.checks.smells import BODILESS
from asgispy.model.events import RECEIVE, RETURN, SEND

if TYPE_CHECKING:
    from asgispy.checks.response import Start
    from asgispy.model.events import Error

Held = tuple[int, int, int, Any, Any]
"""An event held back: kind, offset, duration, message, and the message's encoded form."""


class QuickHttpCheck(HttpCheck):
    """One HTTP request and its response."""

    _early: tuple[Held, ...] | None = ()
    """What has come so far; None once `HttpCheck` has taken over, or everything was found to be right."""

    def apply(
        self, kind: int, index: int, offset: int, duration: int | None, message: Any, error: Error | None, key: Any
    ) -> None:
        """Take in an event."""
        early = self._early
        if early is not None:
            if error is None and duration is not None and index == len(early) + 1:
                if kind == SEND or (kind == RECEIVE and index == 1):
                    if index < 4:
                        self._early = (*early, (kind, offset, duration, message, key))
                        if kind == SEND and type(message) is dict and message.get("more_body"):
                            self._take_over()
                        return
                elif kind == RETURN and message is None and self._is_usual(early, index, offset):
                    return
            self._take_over()
        super().apply(kind, index, offset, duration, message, error, key)

    def facts(self, index: int, facts: dict[Any, Any]) -> None:
        """Facts are never the usual."""
        if index:
            self._take_over()
        super().facts(index, facts)

    def settle(self) -> None:
        """Judge what there is."""
        self._take_over()

    def _take_over(self) -> None:
        """Look at what was held back event by event."""
        early, self._early = self._early, None
        for index, (kind, offset, duration, message, key) in enumerate(early or (), 1):
            super().apply(kind, index, offset, duration, message, None, key)

    def _is_usual(self, early: tuple[Held, ...], index: int, offset: int) -> bool:
        """Whether it was one whole request, where one was read, and one whole response, and nothing is to be said."""
        received = len(early) == 3
        if len(early) != 2 + received or offset > self.process.unhurried:
            return False
        size, done = 0, None
        if received:
            kind, called, took, message, _ = early[0]
            body = message.get("body") if kind == RECEIVE and type(message) is dict and len(message) == 3 else None
            if type(body) is not bytes or message["type"] != "http.request" or message.get("more_body") is not False:
                return False
            size = len(body)
            if size and self.scope.get("method") in BODILESS:
                return False
            done = called + took
        announced, length = self.request.announced, self.request.length
        if announced and (not received or announced > 1 or (length is not None and length != size)):
            return False
        sent = early[-1]
        if early[-2][0] != SEND or sent[0] != SEND or not self._is_answered(early[-2], sent):
            return False
        self._early = None
        self._seen, self.request_done = index, done
        self.exchanged, self.received_bytes = len(early), size
        self.state, self.completed = COMPLETE, sent[1]
        self.now = self.ended = offset
        if self.process.lifespans:
            self.process.over(self)
        scope = self.scope  # the collector remembers checks for events that come late: they need no more than this
        self.scope = {"type": "http", "method": scope.get("method"), "path": scope.get("path")}
        return True

    def _is_answered(self, first: Held, last: Held) -> bool:
        """Whether two sends are a start and a body that agrees with it."""
        _, started, took, message, key = first
        if last[1] < started + took or type(message) is not dict or message.get("type") != START:
            return False
        shape = self.process.sends["http"].shape(message, key)
        start: Start | None = shape.facts
        said = last[3]
        if start is None or shape.faults or start.smells or start.trailers or type(said) is not dict:
            return False
        body = said.get("body")
        if type(body) is not bytes or said.get("type") != BODY or len(said) != 2 + ("more_body" in said):
            return False
        size = len(body)
        if said.get("more_body", False) is not False or size > self.process.policy.thresholds.large_body:
            return False
        if start.bodiless or self.scope.get("method") == "HEAD":
            if size:
                return False
        elif start.length is not None and start.length != size:
            return False
        return not start.structured or self._is_well_formed(start, Body(size, False, body))

    def _is_well_formed(self, start: Start, body: Body) -> bool:
        content = ContentCheck.for_response(start, self.method)
        return content is None or not (list(content.add(body)) or list(content.complete()))
