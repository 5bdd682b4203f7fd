"""The HTTP machine: which message may follow which, and what the response as a whole must be.

Two sides run side by side: what `receive` hands out and what `send` accepts (HTTP and WebSocket specification, "HTTP").
Legality is the table `ORDER`. What must not move in: what a message says by itself (response, extensions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from asgispy.analysis.route import route_of
from asgispy.checks import extensions, response  # noqa: F401  (their readers)
from asgispy.checks.agreement import ONCE, ORDERED, agreement_faults, file_faults
from asgispy.checks.connection import ConnectionCheck
from asgispy.checks.content import ContentCheck
from asgispy.checks.outcome import is_gone
from asgispy.checks.smells import end_smells
from asgispy.model.events import RECEIVE
from asgispy.model.finding import HINT

if TYPE_CHECKING:
    from asgispy.checks.messages import Shape
    from asgispy.checks.response import Body, Start
    from asgispy.model.events import Error

IDLE: Final = 0
STARTED: Final = 1
STREAMING: Final = 2
TRAILERS: Final = 3
COMPLETE: Final = 4
STATE_TEXTS: Final = (
    "before the response started",
    "after the response had started",
    "while the body was on its way",
    "while trailers were awaited",
    "after the response was complete",
)

START: Final = "http.response.start"
BODY: Final = "http.response.body"
PATHSEND: Final = "http.response.pathsend"
ZEROCOPY: Final = "http.response.zerocopysend"
TRAILER: Final = "http.response.trailers"
PUSH: Final = "http.response.push"
EARLY_HINT: Final = "http.response.early_hint"
DEBUG: Final = "http.response.debug"

ORDER: Final[dict[str, tuple[str, str, str, str, str]]] = {
    START: ("", "http.start-repeated", "http.start-repeated", "http.start-repeated", "http.start-after-complete"),
    BODY: ("http.body-before-start", "", "", "http.body-after-complete", "http.body-after-complete"),
    ZEROCOPY: ("ext.zerocopysend.order", "", "", "ext.zerocopysend.order", "ext.zerocopysend.order"),
    PATHSEND: ("ext.pathsend.order", "", "ext.pathsend.mixed", "ext.pathsend.order", "ext.pathsend.order"),
    PUSH: ("ext.push.before-start", "", "", "", "ext.push.after-complete"),
    EARLY_HINT: ("", *("ext.early-hint.after-start",) * 4),
    DEBUG: ("", *("ext.debug.order",) * 4),
    TRAILER: (
        "ext.trailers.undeclared",
        "ext.trailers.before-body-end",
        "ext.trailers.before-body-end",
        "",
        "ext.trailers.undeclared",
    ),
}
"""By type, for the states from IDLE to COMPLETE: the rule that it breaks there, or nothing."""

WORTHLESS_SENDS: Final = 50
WORTHLESS_BYTES: Final = 1 << 20
"""Body messages, and bytes, after a disconnect that are worth a warning."""


class HttpCheck(ConnectionCheck):
    """One HTTP request and its response."""

    protocol: ClassVar[str] = "http"

    state = IDLE
    start: Start | None = None
    start_event = 0
    started_at: int | None = None
    """Offset of the response's start."""
    first_body: int | None = None
    last_sent = 0
    """Offset of the last send."""
    completed: int | None = None
    """Offset at which the response was complete: the call of its last message."""
    last_end = 0
    """Offset at which the last send returned."""
    held = 0
    """Nanoseconds spent inside send."""
    sent_bytes = 0
    bodies = 0
    """Body messages."""
    filled = 0
    """Those that were not empty."""
    empty = 0
    """Those that were, although more was to come."""
    quick = 0
    """Gaps between body messages of less than 20 ms."""
    largest = 0
    """Bytes of the largest body message."""
    uncounted = False
    """Part of the body came from a file, whose size is not in the messages."""
    received_bytes = 0
    requests = 0
    request_done: int | None = None
    """Offset at which the last part of the request had come."""
    watched = False
    """A receive was called after that."""
    pathsends = 0
    debugs = 0
    content: ContentCheck | None = None
    _wasted = 0
    _wasted_bytes = 0
    _disconnect_event = 0

    @property
    def method(self) -> Any:
        """The request's method, mostly a str."""
        return self.scope.get("method")

    @property
    def place(self) -> str:
        """Method and route."""
        return f"{self.method if type(self.method) is str else 'HTTP'} {route_of(self.path)}"[:200]

    @property
    def version(self) -> str:
        """The HTTP version."""
        version = self.scope.get("http_version")
        return version if type(version) is str else "1.1"

    # The request

    def received(self, shape: Shape, index: int, offset: int, end: int) -> None:
        """A part of the request, or the disconnect."""
        if self.request_done is not None and offset >= self.request_done:
            self.watched = True
        if self.left is not None and offset >= self.left:
            self.report("http.receive-after-disconnect", "receive was called after it had given http.disconnect", index)
        if shape.type == "http.disconnect":
            if self.left is None:
                self.left, self._disconnect_event = end, index
            return
        if self.left is not None and end >= self.left:
            self.misordered("http.request.after-disconnect", "http.request came after http.disconnect", index)
        elif self.request_done is not None:
            self.misordered("http.request.after-final", "http.request came after the last part of the body", index)
        self._request(shape.facts, index, end)

    def _request(self, part: Body, index: int, end: int) -> None:
        self.requests += 1
        self.received_bytes += part.size
        if part.more or self.request_done is not None:
            return
        self.request_done = end
        if self.request.length is not None and self.request.length != self.received_bytes:
            text = f"content-length is {self.request.length}, but {self.received_bytes} bytes came"
            self.misordered("http.request.length-differs", text, index)

    def waiting(self, kind: int, index: int, offset: int, message: Any) -> None:
        """A call has been waiting for a while."""
        if kind == RECEIVE and self.left is not None and offset >= self.left:
            self.report("http.receive-after-disconnect", "receive was called after it had given http.disconnect", index)
        if self.request_done is not None and offset >= self.request_done:
            self.watched = True

    # The response

    def sent(self, shape: Shape, index: int, offset: int, duration: int, verdict: str, error: Error | None) -> None:
        """A message of the response."""
        kind = shape.type
        if offset < self.last_end:
            self.report("general.concurrent-send", f"{kind} was sent while another send was waiting", index)
        self.last_end = max(self.last_end, offset + duration)
        if self._is_late(offset):
            self._late(shape, index, offset, verdict)
            if error is None:
                self._advance(shape, index, offset, duration)
            return
        if shape.extension and shape.extension not in self.extensions:
            text = f"{kind} was sent, but the server does not advertise {shape.extension!r}"
            self.report("ext.not-advertised", text, index, verdict or self.accepted())
            return
        rule = self._order(kind)
        if rule:
            text = f"{kind} was sent {STATE_TEXTS[self.state]}"
            if rule not in _HARMLESS:
                self.misordered(rule, text, index, verdict or self.accepted())
                return
            self._tolerated(rule, text, index, verdict)
        for fault in agreement_faults(self, shape):
            self._disagreement(*fault, index, verdict or self.accepted())
        if error is None:
            self._advance(shape, index, offset, duration)

    def _is_late(self, offset: int) -> bool:
        """Whether the client had left, as the application could know, before the response was complete."""
        return self._disconnected(offset) and self.state != COMPLETE

    def _order(self, kind: str) -> str:
        """The rule that a message of this type breaks now; empty for none."""
        rule = ORDER[kind][self.state] if kind in ORDER else ""
        if kind == PATHSEND and self.pathsends:
            return "ext.pathsend.repeated"
        if kind in (BODY, ZEROCOPY) and self.pathsends and rule:
            return "ext.pathsend.mixed"
        if kind == TRAILER and rule:
            announced = self.start is not None and self.start.trailers
            if self.state == COMPLETE:
                return "ext.trailers.after-complete" if announced else rule
            if not announced:
                return "ext.trailers.undeclared"
        return rule

    def _tolerated(self, rule: str, text: str, index: int, verdict: str) -> None:
        """Out of order, but not so that the message is lost."""
        modern = self.version in ("2", "3") and not verdict
        lowered = HINT if rule == "ext.push.before-start" and modern else None
        self.report(rule, text, index, verdict or self.accepted(), level=lowered)

    def _disagreement(self, rule: str, text: str, index: int, verdict: str) -> None:
        if rule in ORDERED:
            self.misordered(rule, text, index, verdict)
        else:
            self.report(rule, text, index, verdict, once=rule in ONCE)

    def facts(self, index: int, facts: dict[Any, Any]) -> None:
        """What the probe knows of the file that is sent at an event: its size, or that there is none."""
        for rule, text in file_faults(self, facts.get("file")):
            self.report(rule, text, index)

    # Going on

    def _advance(self, shape: Shape, index: int, offset: int, duration: int) -> None:
        """The server took the message."""
        self.held += duration
        kind = shape.type
        if kind == START and self.state == IDLE:
            self.state, self.start, self.start_event, self.started_at = STARTED, shape.facts, index, offset
            self.content = ContentCheck.for_response(shape.facts, self.method)
        elif kind == BODY and self.state in (STARTED, STREAMING):
            self._advance_body(shape.facts, index, offset)
        elif kind == ZEROCOPY and self.state in (STARTED, STREAMING):
            self.uncounted, self.content = True, None
            self._part(more=shape.facts.more, offset=offset)
        elif kind == PATHSEND and self.state == STARTED:
            self.pathsends += 1
            self.uncounted, self.content = True, None
            self._part(more=False, offset=offset)
        elif kind == TRAILER and self.state == TRAILERS and not shape.facts.more:
            self.state, self.completed = COMPLETE, offset
        self.last_sent = offset

    def _advance_body(self, body: Body, index: int, offset: int) -> None:
        self.bodies += 1
        self.sent_bytes += body.size
        if body.size:
            self.filled += 1
            self.largest = max(self.largest, body.size)
        elif body.more:
            self.empty += 1
        if self.first_body is None:
            self.first_body = offset
        elif offset - self.last_sent < 20_000_000:
            self.quick += 1
        if self.content is not None:
            for rule, text in self.content.add(body):
                self.report(rule, text, index, once=True)
        self._part(more=body.more, offset=offset)
        if self.state >= TRAILERS and self.content is not None:
            for rule, text in self.content.complete():
                self.report(rule, text, index)

    def _part(self, *, more: bool, offset: int) -> None:
        if more:
            self.state = STREAMING
        elif self.start is not None and self.start.trailers and "http.response.trailers" in self.extensions:
            self.state = TRAILERS
        else:
            self.state, self.completed = COMPLETE, offset

    # After the client has left

    def _late(self, shape: Shape, index: int, offset: int, verdict: str) -> None:
        if self.gone is not None and self.gone <= offset:
            text = f"{shape.type} was sent after send had told that the client is gone"
            self.report("http.send-after-oserror", text, index, verdict or self.accepted())
        else:
            since = self.left if self.left is not None else offset
            text = f"{shape.type} was sent {(offset - since) / 1e9:.3f} s after the client's disconnect was delivered"
            self.report("http.send-after-disconnect", text, index, verdict or self.accepted(), once=True)
        self._waste(shape, index)

    def after_gone(self, shape: Shape, index: int, offset: int) -> None:
        """A send told that the client is gone, perhaps not for the first time."""
        if self.gone is not None and offset > self.gone:
            self.report("http.send-after-oserror", f"{shape.type} was sent although the client is gone", index)
        self._waste(shape, index)

    def _waste(self, shape: Shape, index: int) -> None:
        if shape.type != BODY or shape.facts is None:
            return
        self._wasted += 1
        self._wasted_bytes += shape.facts.size
        if self._wasted >= WORTHLESS_SENDS or self._wasted_bytes >= WORTHLESS_BYTES:
            text = f"{self._wasted} body messages were sent after the client had left"
            self.report("http.stream-after-disconnect", text, index, once=True)

    def refused_after_disconnect(self, shape: Shape, index: int, error: Error, verdict: str) -> None:
        """A faultless message was refused after the disconnect."""
        if self._order(shape.type):
            return
        text = f"send raised {error.type.rpartition('.')[2]}, which is no OSError, after the client had left"
        self.report("http.disconnect-error-class", text, index, verdict)

    # The end

    @property
    def client_left(self) -> bool:
        """Whether the client was gone, as the application could know, before the response was complete."""
        if self.gone is not None:
            return True
        return self.left is not None and (self.completed is None or self.completed > self.left)

    def returned(self, index: int, offset: int) -> None:
        """The callable has returned."""
        rule, text = _UNFINISHED[self.state]
        if rule and not self.client_left and not self.tainted:
            self.report(rule, text, index, self.known(rule))
        self._over(index, offset)

    def raised(self, index: int, offset: int, error: Error) -> None:
        """An exception has left the callable."""
        if self.client_left and is_gone(error):
            pass  # it let the server's own word for a client that is gone pass
        elif self.state == COMPLETE or (self.left is not None and self.client_left):
            self.exception("general.exception-after-response", index, error)
        elif self.state == IDLE:
            self.exception("general.exception-before-response", index, error)
        elif self.gone is None:
            self.exception("general.exception-mid-response", index, error)
        self._over(index, offset)

    def cancelled(self, index: int, offset: int) -> None:
        """The task was cancelled."""
        if self.state != COMPLETE and not self.client_left:
            text = f"the application was cancelled {STATE_TEXTS[self.state]}"
            self.report("smell.http.cancelled", text, index)
        self._over(index, offset)

    def _over(self, index: int, offset: int) -> None:
        if self.left is not None and self.client_left and (self.request_done is None or self.left < self.request_done):
            text = f"the client left after {self.received_bytes} bytes of its request"
            self.report("http.request.aborted", text, self._disconnect_event)
        for rule, text, event in end_smells(self, index, offset):
            self.report(rule, text, event)


_HARMLESS: Final = frozenset({"ext.push.before-start"})
"""Rules whose message counts although it is out of order."""

_UNFINISHED: Final = (
    ("http.no-response", "the application returned without a response"),
    ("http.start-only", "the application returned after http.response.start, without a body"),
    ("http.body-unfinished", "the application returned in the middle of the body: more_body was True to the last"),
    ("ext.trailers.missing", "the application returned without the trailers that it had announced"),
    ("", ""),
)
"""By state: what a return there breaks."""
