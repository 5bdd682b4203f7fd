"""The lifespan machine: startup and its answer, shutdown and its answer (Lifespan specification 2.0).

What must not move in: what a lifespan has to do with other connections (across).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from asgispy.checks.connection import ConnectionCheck
from asgispy.checks.messages import called, reader

if TYPE_CHECKING:
    from asgispy.checks.messages import Shape
    from asgispy.checks.rule import Fault
    from asgispy.model.events import Error

WAITING: Final = 0
STARTING: Final = 1
RUNNING: Final = 2
FAILED: Final = 3
STOPPING: Final = 4
STOPPED: Final = 5

STARTUP: Final = "lifespan.startup"
COMPLETE: Final = "lifespan.startup.complete"
FAIL: Final = "lifespan.startup.failed"


@reader("lifespan", "lifespan.startup.failed")
@reader("lifespan", "lifespan.shutdown.failed")
def read_failed(message: dict[Any, Any]) -> tuple[None, list[Fault]]:
    """The reason for a failure."""
    said = message.get("message", "")
    if type(said) is not str:
        return None, [("lifespan.message-type", f"message is {called(said)}, not a str")]
    if not said:
        return None, [("lifespan.failed-without-message", f"{message['type']} gives no reason")]
    return None, []


class LifespanCheck(ConnectionCheck):
    """One lifespan."""

    protocol: ClassVar[str] = "lifespan"

    state = WAITING
    app: int | None = None
    """Identity of the application, and of the event loop it runs on."""
    loop: int | None = None
    ready: int | None = None
    """Offset at which the application said that its startup is complete."""
    ready_keys: frozenset[Any] = frozenset()
    """Keys of the state at that moment."""
    stopping: int | None = None
    """Offset at which the shutdown was delivered."""
    stopping_event = 0
    _asked = 0
    """Offset at which the question came that is to be answered now."""
    _was_asked = False
    """Whether the startup was delivered."""
    _stop_answer = ""
    _keys: frozenset[Any] | None = None
    """Keys of the state at the event that comes next."""

    @property
    def place(self) -> str:
        """The same for all."""
        return "lifespan"

    def is_starting(self, wall: int) -> bool:
        """Whether at that moment the startup had not been answered."""
        offset = wall - self.started
        if offset < 0 or (self.ended is not None and offset >= self.ended):
            return False
        return self.ready > offset if self.ready is not None else self.state in (WAITING, STARTING)

    def facts(self, index: int, facts: dict[Any, Any]) -> None:
        """Which application this is on which loop; later, the keys of the state."""
        if index == 0:
            self.app, self.loop = facts.get("app"), facts.get("loop")
            self.process.lifespans.append(self)
        elif type(facts.get("state")) is dict:
            self._keys = frozenset(facts["state"])

    # What the server says

    def received(self, shape: Shape, index: int, offset: int, end: int) -> None:
        """The startup or the shutdown."""
        keys, self._keys = self._keys, None
        if shape.type == STARTUP:
            if self.state == WAITING:
                self.state, self._asked = STARTING, end
            elif self._was_asked:
                self.report("lifespan.startup-repeated", "lifespan.startup came a second time", index)
            self._was_asked = True
            return
        if self.stopping is not None:
            self.report("lifespan.shutdown-repeated", "lifespan.shutdown came a second time", index)
            return
        if self.state == WAITING:
            self.report("lifespan.startup-not-first", "the first message is lifespan.shutdown", index)
        elif self.state == STARTING:
            text = "lifespan.shutdown came before the startup was answered"
            self.report("lifespan.shutdown-before-ready", text, index)
        elif self.state == FAILED:
            text = "lifespan.shutdown came after the startup had failed"
            self.report("lifespan.shutdown-after-failed", text, index)
        self.stopping, self.stopping_event, self._asked = end, index, end
        if self.state == RUNNING:
            self.state = STOPPING
        if keys is not None:
            self._compare_state(keys, index)

    def _compare_state(self, keys: frozenset[Any], index: int) -> None:
        """What became of the state between startup and shutdown."""
        late = sorted(map(repr, keys - self.ready_keys))
        if late and self.ready is not None:
            text = f"the state got the key {late[0]:.40} after startup.complete: requests before that lack it"
            self.report("state.late-key", text, index)
        if self.ready_keys and not keys:
            lost = ", ".join(sorted(map(repr, self.ready_keys)))
            self.report("state.cleared-before-shutdown", f"the state lost its keys before shutdown: {lost:.80}", index)

    # What the application says

    def sent(self, shape: Shape, index: int, offset: int, duration: int, verdict: str, error: Error | None) -> None:
        """An answer."""
        keys, self._keys = self._keys, None
        verdict = verdict or self.accepted()
        if shape.type in (COMPLETE, FAIL):
            rule = self._startup_rule(shape.type)
            if rule:
                self.misordered(rule, f"{shape.type} was sent {STATE_TEXTS[self.state]}", index, verdict)
            if self.state in (WAITING, STARTING):
                self._answered("startup", offset)
                self.state = RUNNING if shape.type == COMPLETE else FAILED
                if shape.type == COMPLETE:
                    self.ready = offset
                    self._note_state(keys, index)
        elif self.state not in (STOPPING, STOPPED):
            text = f"{shape.type} was sent {STATE_TEXTS[self.state]}"
            self.misordered("lifespan.shutdown-answer-early", text, index, verdict)
        elif self.state == STOPPED:
            again = shape.type == self._stop_answer
            rule = "lifespan.shutdown-answer-repeated" if again else "lifespan.shutdown-both-outcomes"
            self.misordered(rule, f"{shape.type} was sent after {self._stop_answer}", index, verdict)
        else:
            self._answered("shutdown", offset)
            self.state, self._stop_answer = STOPPED, shape.type

    def _startup_rule(self, kind: str) -> str:
        """The rule that an answer to the startup breaks now; empty for none."""
        if self.state == WAITING:
            return "lifespan.answer-before-startup"
        if self.state == STARTING:
            return ""
        if self.state == FAILED:
            return "lifespan.startup-failed-repeated" if kind == FAIL else "lifespan.startup-both-outcomes"
        return "lifespan.startup-complete-repeated" if kind == COMPLETE else "lifespan.startup-both-outcomes"

    def _note_state(self, keys: frozenset[Any] | None, index: int) -> None:
        if keys is None:
            return
        self.ready_keys = keys
        odd = next((key for key in keys if type(key) is not str), None)
        if odd is not None:
            self.report("state.key-type", f"the state has a key that is {called(odd)}, not a str", index)

    def _answered(self, phase: str, offset: int) -> None:
        """The answer to a phase has come, or has not come until now."""
        thresholds = self.process.policy.thresholds
        limit = thresholds.startup if phase == "startup" else thresholds.shutdown
        if offset - self._asked > limit:
            text = f"the {phase} took more than {limit / 1e9:g} s"
            self.report(f"lifespan.{phase}-slow", text, max(self._seen, 0), once=True)

    def tick(self, now: int) -> None:
        """It is that offset now: does an answer take too long?"""
        if self.state == STARTING:
            self._answered("startup", now)
        elif self.state == STOPPING:
            self._answered("shutdown", now)

    # The end

    def returned(self, index: int, offset: int) -> None:
        """The callable has returned."""
        if self.tainted:
            return
        if self.state in (WAITING, STARTING):
            rule, text = "lifespan.returned-unanswered", "the application returned without an answer to the startup"
        elif self.state == RUNNING:
            rule, text = "lifespan.returned-early", "the application returned before the shutdown"
        elif self.state == STOPPING:
            rule, text = "lifespan.shutdown-unanswered", "the application returned without an answer to the shutdown"
        else:
            return
        self.report(rule, text, index, self.known(rule))

    def raised(self, index: int, offset: int, error: Error) -> None:
        """An exception has left the callable."""
        rule = _EXCEPTIONS.get(self.state, "")
        if self.state == FAILED and self.stopping is not None:
            rule = "lifespan.exception-in-shutdown"
        if rule:
            self.exception(rule, index, error)


STATE_TEXTS: Final = (
    "before lifespan.startup was received",
    "before the startup was answered",
    "after lifespan.startup.complete",
    "after lifespan.startup.failed",
    "after lifespan.shutdown was received",
    "after the shutdown was answered",
)
"""By state."""

_EXCEPTIONS: Final = {
    WAITING: "lifespan.unsupported",
    STARTING: "lifespan.exception-in-startup",
    RUNNING: "lifespan.exception-while-running",
    STOPPING: "lifespan.exception-in-shutdown",
}
