"""The WebSocket machine: handshake, messages, close, and the denial response in place of a handshake.

Legality is the table `ORDER` (HTTP and WebSocket specification, "WebSocket"; Extensions, "Websocket Denial Response").
What must not move in: what a message says by itself (frames).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from asgispy.analysis.route import route_of
from asgispy.checks.connection import ConnectionCheck
from asgispy.checks.frames import ABSENT
from asgispy.checks.messages import called
from asgispy.checks.outcome import is_gone
from asgispy.model.events import RECEIVE
from asgispy.model.finding import WARNING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgispy.checks.frames import Accept, Close
    from asgispy.checks.messages import Shape
    from asgispy.checks.rule import Fault
    from asgispy.model.events import Error

CONNECTING: Final = 0
HANDSHAKE: Final = 1
OPEN: Final = 2
CLOSING: Final = 3
REJECTED: Final = 4
DENIAL: Final = 5
DENIED: Final = 6
STATE_TEXTS: Final = (
    "before websocket.connect was received",
    "before the handshake was answered",
    "after the handshake was accepted",
    "after websocket.close",
    "after the handshake was rejected",
    "during the denial response",
    "after the denial response",
)

ACCEPT: Final = "websocket.accept"
SEND: Final = "websocket.send"
CLOSE: Final = "websocket.close"
DENY: Final = "websocket.http.response.start"
DENY_BODY: Final = "websocket.http.response.body"

_BEFORE: Final = "ws.send-before-accept"
_AFTER: Final = "ws.send-after-close"
_THEN: Final = "ws.denial-then-websocket"
_DENIED_LATE: Final = "ws.denial-after-accept"
_AGAIN: Final = "ws.denial-start-repeated"
_NO_START: Final = "ws.denial-body-before-start"
ORDER: Final[dict[str, tuple[str, str, str, str, str, str, str]]] = {
    ACCEPT: (
        "",
        "",
        "ws.accept-repeated",
        "ws.accept-repeated",
        "ws.accept-after-reject",
        _THEN,
        "ws.accept-after-reject",
    ),
    SEND: (_BEFORE, _BEFORE, "", _AFTER, _AFTER, _THEN, _AFTER),
    CLOSE: ("", "", "", "ws.close-repeated", "ws.close-repeated", _THEN, "ws.close-repeated"),
    DENY: ("", "", _DENIED_LATE, _DENIED_LATE, _AGAIN, _AGAIN, _AGAIN),
    DENY_BODY: (_NO_START, _NO_START, _DENIED_LATE, _DENIED_LATE, _NO_START, "", "ws.denial-body-after-complete"),
}
"""By type, for the states from CONNECTING to DENIED: the rule that it breaks there, or nothing."""

SPOKEN: Final = (9, 11, 12)
"""Last two digits of the codes with which a client leaves because something went wrong; 1006 tells too little."""


class WebSocketCheck(ConnectionCheck):
    """One WebSocket connection."""

    protocol: ClassVar[str] = "websocket"

    state = CONNECTING
    connected: int | None = None
    """Offset at which websocket.connect was delivered."""
    accepted_at: int | None = None
    completed: int | None = None
    """Offset at which nothing more was to be said."""
    closed: Close | None = None
    """The application's own close."""
    watched = False
    """A receive was called after the handshake."""
    _forgiven = 0
    """A close without fault that was refused: to go on after it is right."""
    _first = True
    _early: tuple[int, int] | None = None
    """(event, end) of a message that came before the handshake was answered, as far as is known yet."""
    _unasked: tuple[str, int, str] | None = None
    """A close that answered no connect: how bad that is depends on what follows."""

    @property
    def place(self) -> str:
        """The route."""
        return f"WS {route_of(self.path)}"[:200]

    # What the server says

    def received(self, shape: Shape, index: int, offset: int, end: int) -> None:
        """A message from the client, the connect or the disconnect."""
        kind = shape.type
        if self.left is not None and offset >= self.left:
            self._receives_again(index)
        if self._unasked is not None and offset >= (self.completed or 0):
            text, event, verdict = self._unasked
            self._unasked = None
            self.report("ws.reply-before-connect", text, event, verdict, level=WARNING)
        if self.accepted_at is not None and end > self.accepted_at:
            self.watched = True
        first, self._first = self._first, False
        if kind == "websocket.connect":
            self._connect(index, end, first=first)
        elif first and not (kind == "websocket.disconnect" and self.completed is not None):
            self.misordered("ws.connect-not-first", f"the first message is {kind}", index)
        if kind == "websocket.receive":
            self._data(index, end, first=first)
        elif kind == "websocket.disconnect":
            self._disconnect(shape.facts, index, end)

    def _connect(self, index: int, end: int, *, first: bool) -> None:
        if not first:
            self.report("ws.connect-repeated", "websocket.connect came a second time", index)
        elif self.state == CONNECTING:
            self.state, self.connected = HANDSHAKE, end

    def _data(self, index: int, end: int, *, first: bool) -> None:
        if self.left is not None and end >= self.left:
            self.misordered("ws.data-after-disconnect", "websocket.receive came after websocket.disconnect", index)
        elif self.state in (CONNECTING, HANDSHAKE) and not first:
            self._early = self._early or (index, end)

    def _disconnect(self, close: Close, index: int, end: int) -> None:
        if self.left is not None:
            return
        self.left = end
        if self.completed is None:
            self.completed = end
        for rule, text in self._disconnect_faults(close):
            self.report(rule, text, index)

    def _disconnect_faults(self, close: Close) -> Iterator[Fault]:
        code = close.code
        if self.closed is not None and self.closed.code == code:
            return  # the server repeats what the application said
        if code is ABSENT:
            yield "ws.disconnect-code-missing", "websocket.disconnect has no key 'code'"
        elif type(code) is not int:
            yield "ws.disconnect-code-type", f"code is {called(code)}, not an int"
        elif not 1000 <= code <= 4999:
            yield "ws.disconnect-code-range", f"code is {code:.20g}, not from 1000 to 4999"
        elif code - 1000 in SPOKEN and self.closed is None:
            yield "smell.ws.abnormal-disconnect", f"the client left with code {code} {close.reason[:80]!r}".rstrip("' ")

    def waiting(self, kind: int, index: int, offset: int, message: Any) -> None:
        """A call has been waiting for a while."""
        if kind == RECEIVE:
            if self.left is not None and offset >= self.left:
                self._receives_again(index)
            self.watched = True

    def _receives_again(self, index: int) -> None:
        text = "receive was called after it had given websocket.disconnect"
        self.report("ws.receive-after-disconnect", text, index)

    # What the application says

    def sent(self, shape: Shape, index: int, offset: int, duration: int, verdict: str, error: Error | None) -> None:
        """A message to the client or about the handshake."""
        kind = shape.type
        if self._early is not None:
            self._settle_early(offset)
        verdict = verdict or self.accepted()
        if self._disconnected(offset):
            self._late(kind, index, verdict)
            return
        if shape.extension and shape.extension not in self.extensions:
            text = f"{kind} was sent, but the server does not advertise {shape.extension!r}"
            self.report("ext.not-advertised", text, index, verdict)
            return
        rule = ORDER[kind][self.state] if kind in ORDER else ""
        if rule:
            self.misordered(rule, f"{kind} was sent {STATE_TEXTS[self.state]}", index, verdict)
            return
        if self.state == CONNECTING:
            text = f"{kind} was sent {STATE_TEXTS[CONNECTING]}"
            if kind == CLOSE:
                self._unasked = text, index, verdict
            else:
                self.report("ws.reply-before-connect", text, index, verdict)
        for name, text in self._agreement(kind, shape.facts, offset):
            self.report(name, text, index, verdict)
        if error is None:
            self._advance(shape, offset)
        elif kind == CLOSE and not shape.faults:
            self._forgiven = index  # the client was quicker: some servers refuse a close then

    def _swallowed(self, refusal: tuple[int, Error]) -> None:
        self.refusal = None
        if refusal[0] != self._forgiven:
            super()._swallowed(refusal)

    def _settle_early(self, offset: int) -> None:
        """A message came before the answer to the handshake was known: was it before the answer itself?"""
        assert self._early is not None
        (index, end), self._early = self._early, None
        if end <= offset:
            text = "websocket.receive came before the handshake was answered"
            self.misordered("ws.data-before-accept", text, index)

    def _agreement(self, kind: str, facts: Any, offset: int) -> Iterator[Fault]:
        """What a message breaks here."""
        if self.state in (CONNECTING, HANDSHAKE) and self.connected is not None and kind in (ACCEPT, CLOSE, DENY):
            took = offset - self.connected
            if took > self.process.policy.thresholds.accept:
                yield "smell.ws.slow-accept", f"the handshake was answered after {took / 1e9:.1f} s"
        if kind == ACCEPT:
            yield from self._accept_faults(facts)
        elif kind == CLOSE:
            yield from self._close_faults(facts)
        elif kind == SEND and facts > self.process.policy.thresholds.large_frame:
            yield "smell.ws.huge-message", f"one message has {facts} bytes"

    def _accept_faults(self, accept: Accept) -> Iterator[Fault]:
        offered = self.scope.get("subprotocols")
        offered = offered if type(offered) is list else []
        if accept.subprotocol and accept.subprotocol not in offered:
            names = ", ".join(map(str, offered))[:80] or "none"
            yield "ws.accept-subprotocol-not-offered", f"{accept.subprotocol[:40]!r} was not offered, but {names}"
        if accept.headers and self._version < (2, 1):
            text = f"{accept.headers} headers were given to a server that knows none here"
            yield "ws.accept-headers-unsupported", text

    def _close_faults(self, close: Close) -> Iterator[Fault]:
        code = close.code
        if self.state == OPEN:
            if code is ABSENT:
                yield "smell.ws.close-without-code", "websocket.close was sent without a code"
            elif type(code) is int and not _may_be_sent(code):
                yield "ws.close-code-invalid", f"code {code:.20g} must not be in a close frame"
            elif type(code) is int and 1000 < code < 3000:
                yield "ws.close-code-portability", f"code {code} is refused by servers that allow 1000 and 3000 to 4999"
        elif (code is not ABSENT and code != 1000) or close.reason:
            shown = "" if code is ABSENT else f" {code}" if type(code) is int else f" {code!r:.20}"
            yield (
                "ws.reject-code-invisible",
                f"the handshake was rejected with code{shown}, but the client sees only 403",
            )
        if close.reason and self._version < (2, 3):
            yield "ws.close-reason-unsupported", "a reason was given to a server that knows none"

    @property
    def _version(self) -> tuple[int, int]:
        """The specification's version that the server follows."""
        asgi = self.scope.get("asgi")
        version = asgi.get("spec_version", "2.0") if type(asgi) is dict else "2.0"
        try:
            major, minor = str(version)[:10].split(".")
            return int(major), int(minor)
        except ValueError:
            return 2, 0

    def _advance(self, shape: Shape, offset: int) -> None:
        """The server took the message."""
        kind = shape.type
        if kind == ACCEPT:
            self.state, self.accepted_at = OPEN, offset
        elif kind == CLOSE:
            self.state = CLOSING if self.state == OPEN else REJECTED
            self.closed, self.completed = shape.facts, offset
        elif kind == DENY:
            self.state = DENIAL
        elif kind == DENY_BODY and not shape.facts.more:
            self.state, self.completed = DENIED, offset

    def _late(self, kind: str, index: int, verdict: str) -> None:
        """A message after the client has left, as the application could know."""
        if self.gone is not None and (self.left is None or self.gone <= self.left):
            self._send_after_gone(kind, index, verdict)
        elif kind == CLOSE:
            text = "websocket.close was sent after websocket.disconnect was received"
            self.report("ws.close-after-disconnect", text, index, verdict)
        else:
            text = f"{kind} was sent after websocket.disconnect was received"
            self.report("ws.send-after-disconnect", text, index, verdict, once=True)

    def _send_after_gone(self, kind: str, index: int, verdict: str) -> None:
        if kind != CLOSE:
            text = f"{kind} was sent after send had told that the client is gone"
            self.report("ws.send-after-oserror", text, index, verdict)

    def after_gone(self, shape: Shape, index: int, offset: int) -> None:
        """A send told that the client is gone, perhaps not for the first time."""
        verdict = f"{self.process.server_name or 'the server'} raised an OSError"
        if self.left is not None and self.left <= offset:
            self._late(shape.type, index, verdict)
        elif self.gone is not None and offset > self.gone:
            self._send_after_gone(shape.type, index, verdict)
        elif self.state in (REJECTED, DENIED) and shape.type in ORDER:
            self.misordered(
                ORDER[shape.type][self.state], f"{shape.type} was sent {STATE_TEXTS[self.state]}", index, verdict
            )

    # The end

    @property
    def _over(self) -> bool:
        return self.left is not None or self.gone is not None

    def returned(self, index: int, offset: int) -> None:
        """The callable has returned."""
        rule, text = _UNFINISHED[self.state]
        if rule and not self._over and not self.tainted:
            self.report(rule, text, index, self.known(rule))
        self._end_smells(index, offset)

    def raised(self, index: int, offset: int, error: Error) -> None:
        """An exception has left the callable."""
        if self._over and is_gone(error):
            pass  # it let the server's own word for a client that is gone pass
        elif self._over or self.state in (CLOSING, REJECTED, DENIED):
            self.exception("general.exception-after-response", index, error)
        elif self.state in (OPEN, DENIAL):
            self.exception("general.exception-mid-response", index, error)
        else:
            self.exception("general.exception-before-response", index, error)
        self._end_smells(index, offset)

    def cancelled(self, index: int, offset: int) -> None:
        """The task was cancelled."""
        self._end_smells(index, offset)

    def _end_smells(self, index: int, offset: int) -> None:
        if self._early is not None:
            self._settle_early(offset)
        if self._unasked is not None:
            self.report("ws.reply-before-connect", *self._unasked)
            self._unasked = None
        if self.accepted_at is not None and not self.watched:
            open_for = (self.completed if self.completed is not None else offset) - self.accepted_at
            if open_for > self.process.policy.thresholds.unwatched:
                text = f"the connection was open for {open_for / 1e9:.1f} s, and nothing received from it"
                self.report("smell.ws.no-receive-loop", text, index)


def _may_be_sent(code: int) -> bool:
    """Whether a close frame may have the code (RFC 6455 section 7.4)."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


_UNANSWERED: Final = ("ws.returned-unanswered", "the application returned without an answer to the handshake")
_UNFINISHED: Final = (
    _UNANSWERED,
    _UNANSWERED,
    ("ws.returned-open", "the application returned while the connection was open"),
    ("", ""),
    ("", ""),
    ("ws.denial-unfinished", "the application returned in the middle of the denial response"),
    ("", ""),
)
"""By state: what a return there breaks."""
