"""Which tabs a connection has, and what they are called.

What must not move in: what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asgispy.model.connection import FAILED, HTTP, LIFESPAN, WEBSOCKET
from asgispy.model.events import RAISE, SEND
from asgispy.model.finding import ERROR as ERROR_LEVEL
from asgispy.model.observation import DELAY, LOGGED, STALL
from asgispy.tui.tabs.carried import cancelled
from asgispy.tui.tabs.headers import header_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.model.connection import Connection
    from asgispy.model.events import Event
    from asgispy.model.finding import Finding
    from asgispy.model.observation import Observation

TIMELINE: Final = "timeline"
REQUEST: Final = "request"
RESPONSE: Final = "response"
MESSAGES: Final = "messages"
STREAM: Final = "stream"
SCOPE: Final = "scope"
ERROR: Final = "error"
OUTPUT: Final = "output"
LOGS: Final = "logs"
INSIDE: Final = "inside"
FINDINGS: Final = "findings"
NAMES: Final = (TIMELINE, REQUEST, RESPONSE, MESSAGES, STREAM, SCOPE, ERROR, LOGS, OUTPUT, INSIDE, FINDINGS)

FINDINGS_NUMBER: Final = 9
"""It keeps its figure, whichever tabs there are."""
_SAID: Final = sum(1 << kind for kind in LOGGED)
_TROUBLE: Final = 1 << STALL | 1 << DELAY
_INSTEAD: Final = {LOGS: OUTPUT, OUTPUT: LOGS}
"""What the application said: known to be the connection's, or only written meanwhile. A connection has one of them."""
SAMPLED: Final = 64
"""Events that are looked at, at the beginning and at the end."""
STREAMS: Final = ("text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq")


@dataclass(slots=True)
class Facts:
    """What has been seen of a connection; it only ever grows."""

    events: int = 0
    output: int = 0
    said: int = 0
    """Log records, prints and warnings that are its own."""
    beside: Sequence[Observation] = ()
    """What else was seen of it besides messages, in order of time."""
    chunks: int = 0
    """Parts of the response that were not empty, among the events that were looked at."""
    stream: bool = False
    started: bool = False
    error: bool = False
    headers: object = None
    """Of the response."""
    seen: set[int] = field(default_factory=set)
    findings: Sequence[Finding] = ()
    """What the rules have found, in order of events."""

    def look(self, get: Callable[[int], Event | None], count: int) -> None:
        """Look at what is new at the beginning and at the end."""
        self.events = count
        for index in {*range(1, min(SAMPLED, count)), *range(max(1, count - SAMPLED), count)} - self.seen:
            event = get(index)
            if event is not None and not event.pending:
                self.seen.add(index)
                self._note(event)

    def _note(self, event: Event) -> None:
        self.error = self.error or (event.error is not None and not cancelled(event)) or event.kind == RAISE
        message = event.message
        if event.kind != SEND or not isinstance(message, dict):
            return
        kind = message.get("type")
        if kind in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            self.started = True
            self.headers = message.get("headers")
            self.stream = self.stream or header_of(self.headers, "content-type").lower().startswith(STREAMS)
        elif kind == "http.response.body" and message.get("body"):
            self.chunks += 1


@dataclass(frozen=True, slots=True)
class Choice:
    """A tab in the bar."""

    name: str
    title: str
    count: str = ""
    trouble: bool = False
    number: int = 0
    """The figure that it is chosen by; 0 for its place in the bar."""


def tabs_for(connection: Connection, facts: Facts, wanted: str = "") -> list[Choice]:
    """The tabs that make sense, in their order; that of findings also when it is wanted and there are none."""
    socket, http = connection.type == WEBSOCKET, connection.type == HTTP
    failed = facts.error or connection.state == FAILED or connection.exception is not None
    choices = [Choice(TIMELINE, "Timeline", f"{facts.events:,}" if facts.events > 1 else "")]
    if connection.type != LIFESPAN:
        choices.append(Choice(REQUEST, "Request"))
    if http or facts.started:
        choices.append(Choice(RESPONSE, "Response"))
    if socket:
        choices.append(Choice(MESSAGES, "Messages", f"{connection.messages:,}"))
    if http and (facts.chunks > 1 or (facts.stream and facts.chunks)):
        choices.append(Choice(STREAM, "Stream"))
    choices.append(Choice(SCOPE, "Scope"))
    if failed:
        choices.append(Choice(ERROR, "Error", trouble=True))
    if connection.observed & _SAID:
        choices.append(Choice(LOGS, "Logs", f"{facts.said:,}" if facts.said else ""))
    elif facts.output:
        choices.append(Choice(OUTPUT, "Output", f"{facts.output:,}"))
    if connection.running is not None or connection.observed & ~_SAID:
        choices.append(Choice(INSIDE, "Inside", trouble=bool(connection.observed & _TROUBLE)))
    if facts.findings or wanted == FINDINGS:
        count = f"{len(facts.findings):,}" if facts.findings else ""
        bad = any(finding.level == ERROR_LEVEL for finding in facts.findings)
        choices.append(Choice(FINDINGS, "Findings", count, trouble=bad, number=FINDINGS_NUMBER))
    return choices


def shown_tab(wanted: str, choices: Sequence[Choice]) -> str:
    """The tab to show where one is wanted: that one, the one that stands for it here, or the timeline."""
    names = {choice.name for choice in choices}
    return next((name for name in (wanted, _INSTEAD.get(wanted, "")) if name in names), TIMELINE)
