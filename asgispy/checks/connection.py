"""What all connections have in common under check: the base of the machines for each scope type.

A check is fed each event of its connection once, in order of arrival, and reports what breaks a rule. A `receive` may
arrive before sends that were called while it waited, so whatever depends on an order compares times. What must not move
in: what a protocol allows (http, websocket, lifespan), what a single value may be (messages).
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from asgispy.checks.catalogue import RULES
from asgispy.checks.messages import unknown_type
from asgispy.checks.outcome import blame, described, is_cancelled, is_gone, never_called, outcome_of
from asgispy.model.events import RAISE, RECEIVE, RETURN, SEND
from asgispy.model.finding import SERVER, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgispy.checks.messages import Shape
    from asgispy.checks.process import ProcessCheck
    from asgispy.checks.request import Request
    from asgispy.model.connection import Connection
    from asgispy.model.events import Error

LEAKED: Final = 1_000_000_000
"""Nanoseconds after the end at which a receive that still waits has been left behind."""


class ConnectionCheck:
    """One connection; this class itself serves for scopes of unknown types."""

    protocol: ClassVar[str] = ""
    """The prefix of its messages' types."""

    # Most connections break no rule and see few events: what they don't need is not set for each of them.
    subject: Any = None
    """What the caller has to find again for this connection."""
    now = 0
    """Offset of the last event."""
    tainted = False
    """The server refused a message, or events were dropped: what comes after it can't be judged by order."""
    ended: int | None = None
    """Offset at which the callable ended."""
    left: int | None = None
    """Offset at which a disconnect was delivered."""
    gone: int | None = None
    """Offset at which a send told that the client is gone."""
    refusal: tuple[int, Error] | None = None
    """The last message that the server refused, until the application has gone on."""
    exchanged = 0
    """Calls of receive and send."""
    state_identity: int | None = None
    """Identity of the scope's state, where the probe tells it."""
    _seen = 0
    """Indices that have come."""
    _pending: Mapping[int, int] = MappingProxyType({})
    """Index to kind of the calls that wait."""
    _held: tuple[tuple[str, str, int, str], ...] = ()
    """Findings about an order that wait for events which may have been dropped."""
    _unwanted: frozenset[str] = frozenset()
    """Rules that have fired and are not to be told."""
    _receive: tuple[int, int] | None = None
    """Begin and end of the receive that was called last."""

    def __init__(self, process: ProcessCheck, connection: Connection, scope: Any, request: Request) -> None:
        self.process = process
        self.connection = connection
        """Its summary, which is told how many rules have fired."""
        self.started = connection.started
        """Wall nanoseconds by the process's own clock; offsets count from it."""
        self.scope: dict[Any, Any] = scope if type(scope) is dict else {}
        self.request = request
        """What the scope's headers say of the request."""
        self.findings: dict[str, Finding] = {}
        """By rule."""

    # Reporting

    def report(
        self,
        rule: str,
        message: str,
        event: int,
        verdict: str = "",
        *,
        level: int | None = None,
        owner: str | None = None,
        once: bool = False,
    ) -> None:
        """A rule has fired at an event; `once` when only the first time counts."""
        known = self.findings.get(rule)
        if known is not None:
            if not once:
                self.findings[rule] = replace(known, count=known.count + 1)
                self.process.found(self, rule)
            return
        if rule in self._unwanted:
            return
        entry = RULES[rule]
        level = entry.level if level is None else level
        owner = entry.owner if owner is None else owner
        if self.process.wanted(self, entry, level, owner):
            self.findings[rule] = Finding(rule, level, owner, message, event, verdict)
            self.connection.findings += 1
            self.connection.level = max(self.connection.level, level)
            self.process.found(self, rule)
        else:
            self._unwanted |= {rule}

    def misordered(self, rule: str, message: str, event: int, verdict: str = "") -> None:
        """A rule about the order of messages has fired; told later when events in between are missing."""
        if self.tainted:
            return
        if self._seen < event:
            self._held += ((rule, message, event, verdict),)
        else:
            self.report(rule, message, event, verdict)

    def known(self, rule: str) -> str:
        """What this process's server is known to do when that rule is broken; for what no event tells."""
        said = RULES[rule].servers.get(self.process.server_name, "")
        return f"{self.process.server_name} {said}" if said else ""

    @property
    def place(self) -> str:
        """What distinct findings are told apart by, besides their rule."""
        return str(self.scope.get("type"))[:80]

    @property
    def path(self) -> str:
        """The path, for suppressions."""
        path = self.scope.get("path")
        return path if type(path) is str else ""

    # Events

    def apply(
        self, kind: int, index: int, offset: int, duration: int | None, message: Any, error: Error | None, key: Any
    ) -> None:
        """Take in an event; `duration` is None while its call waits, `key` the message's encoded form."""
        self.now = offset + (duration or 0)
        if duration is None:
            if index not in self._pending:
                self._seen += 1
                self._pending = {**self._pending, index: kind}
                self.waiting(kind, index, offset, message)
            return
        if index in self._pending:
            self._pending = {other: what for other, what in self._pending.items() if other != index}
        else:
            self._seen += 1
        if kind == SEND:
            self._send(index, offset, duration, message, error, key)
        elif kind == RECEIVE:
            self._receive_returned(index, offset, duration, message, error, key)
        elif kind == RETURN:
            self._end(index, offset, message, None)
        elif kind == RAISE:
            self._end(index, offset, None, error)

    def _send(self, index: int, offset: int, duration: int, message: Any, error: Error | None, key: Any) -> None:
        self.exchanged += 1
        if self.refusal is not None:
            self._swallowed(self.refusal)
        shape = self.process.sends[self.protocol].shape(message, key)
        if error is None:
            verdict = ""
        elif is_gone(error) or is_cancelled(error):
            if not is_cancelled(error):
                self.gone = offset + duration if self.gone is None else self.gone
                self.after_gone(shape, index, offset)
            return
        else:
            verdict = outcome_of(self.process.server_name, error)
        if self.ended is not None and offset >= self.ended:
            text = f"{shape.type or 'a message'} was sent after the application had returned"
            self.report("general.send-after-return", text, index, verdict or self.accepted())
            return
        if shape.faults:
            self._faults(shape, index, verdict or self.accepted(), None)
        if shape.unknown:
            self._unknown(shape, index, verdict or self.accepted())
        elif not shape.malformed:
            self.sent(shape, index, offset, duration, verdict, error)
        if error is not None:
            self.tainted = True
            # Once the client has left, whatever a server refuses may be passed over.
            self.refusal = None if self._disconnected(offset) else (index, error)
            if "different loop" in error.message or "different event loop" in error.message:
                self.report("general.wrong-loop", described(error), index, verdict)
            elif not shape.faults and self._disconnected(offset):
                self.refused_after_disconnect(shape, index, error, verdict)

    def _receive_returned(
        self, index: int, offset: int, duration: int, message: Any, error: Error | None, key: Any
    ) -> None:
        self.exchanged += 1
        end = offset + duration
        if error is not None:
            if self._receive is not None and offset > self._receive[0]:
                self._receive = None  # cancelled, mostly: whatever waits now was called for its own sake
            return
        if self.ended is not None:
            if offset >= self.ended or end - self.ended > LEAKED:
                self.report("general.receive-after-return", self._leak_text(offset, end), index)
            return
        if self._receive is None:
            self._receive = offset, end
        else:
            self._overlap(self._receive, index, offset, end)
        shape = self.process.receives[self.protocol].shape(message, key)
        if shape.faults:
            self._faults(shape, index, "", SERVER)
        if not shape.malformed and not shape.unknown:
            self.received(shape, index, offset, end)

    def _leak_text(self, offset: int, end: int) -> str:
        assert self.ended is not None
        if offset >= self.ended:
            return "receive was called after the application had returned"
        return f"a receive was still waiting {(end - self.ended) / 1e9:.1f} s after the application had returned"

    def _overlap(self, other: tuple[int, int], index: int, offset: int, end: int) -> None:
        if offset < other[1] and other[0] < end:
            self.report("general.concurrent-receive", "receive was called while another receive was waiting", index)
        if offset > other[0]:
            self._receive = offset, end

    def _faults(self, shape: Shape, index: int, verdict: str, owner: str | None) -> None:
        for rule, message in shape.faults:
            self.report(rule, message, index, verdict, owner=owner if rule.startswith("general.") else None)

    def _unknown(self, shape: Shape, index: int, verdict: str) -> None:
        """A type that is in no table of this protocol; an extension that is advertised may have brought it."""
        fault = unknown_type(self.protocol, shape.type, self.extensions)
        if fault is not None:
            self.report(*fault, index, verdict)

    def _swallowed(self, refusal: tuple[int, Error]) -> None:
        self.refusal = None
        index, error = refusal
        text = f"the application went on as if the message had been sent, although send raised {described(error)}"
        self.report("general.send-error-swallowed", text, index, outcome_of(self.process.server_name, error))

    def accepted(self) -> str:
        """What the server did with a message that it took."""
        return f"{self.process.server_name or 'the server'} accepted it"

    def _end(self, index: int, offset: int, value: Any, error: Error | None) -> None:
        lost = self._seen < index
        if lost:
            self.tainted = True
        for held in self._held if not lost else ():
            self.report(*held)
        self._held = ()
        self.ended = offset
        if error is None:
            if self.refusal is not None:
                self._swallowed(self.refusal)
            if value is not None:
                text = f"the application returned {_shown(value)}"
                self.report("general.app-returned-value", text, index, self.known("general.app-returned-value"))
            self.returned(index, offset)
        elif (rule := never_called(error)) is not None:
            self.report(rule, described(error), index, self.known("general.exception-before-response"))
        elif not is_cancelled(error):
            self.raised(index, offset, error)
        else:
            self.cancelled(index, offset)
        if self.process.lifespans:
            self.process.over(self)

    def _disconnected(self, offset: int) -> bool:
        """Whether the application could know at that offset that the client was gone."""
        return (self.left is not None and self.left <= offset) or (self.gone is not None and self.gone <= offset)

    @property
    def extensions(self) -> dict[Any, Any]:
        """The extensions that the server advertised."""
        extensions = self.scope.get("extensions")
        return extensions if type(extensions) is dict else {}

    def exception(self, rule: str, index: int, error: Error) -> None:
        """Report an exception that left the application, unless it is only how the server refused a faulty message."""
        if self.refusal is not None:
            event, refused = self.refusal
            same = (error.type, error.message) == (refused.type, refused.message)
            if same and any(each.event == event for each in self.findings.values()):
                return
        self.report(rule, described(error), index, self.known(rule), owner=blame(error.traceback))

    def settle(self) -> None:
        """Nothing more may come: look at what has been held back."""

    # For each protocol

    def facts(self, index: int, facts: dict[Any, Any]) -> None:
        """What the probe adds to the event of that index, which comes next."""

    def sent(self, shape: Shape, index: int, offset: int, duration: int, verdict: str, error: Error | None) -> None:
        """The application sent a well-formed message of a known type; `verdict` says how the server refused it."""

    def received(self, shape: Shape, index: int, offset: int, end: int) -> None:
        """The application was handed a well-formed message of a known type; it had it at the offset `end`."""

    def waiting(self, kind: int, index: int, offset: int, message: Any) -> None:
        """A call has been waiting for a while."""

    def after_gone(self, shape: Shape, index: int, offset: int) -> None:
        """A send told that the client is gone."""

    def refused_after_disconnect(self, shape: Shape, index: int, error: Error, verdict: str) -> None:
        """A message without fault was refused after a disconnect with something else than an OSError."""

    def returned(self, index: int, offset: int) -> None:
        """The callable has returned."""
        if not self.exchanged:
            text = f"the scope type {self.place!r} was accepted without a word"
            self.report("general.unknown-scope-accepted", text, index)

    def raised(self, index: int, offset: int, error: Error) -> None:
        """An exception has left the callable; never CancelledError."""

    def cancelled(self, index: int, offset: int) -> None:
        """CancelledError has left the callable."""


def _shown(value: Any) -> str:
    text = getattr(value, "type", None)
    return f"a {text}" if text is not None else repr(value)[:80]
