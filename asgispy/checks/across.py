"""What only several connections of one process tell together: lifespan and requests, and the state they share.

Judged when a connection is over, by comparing times: what came from others before that has arrived by then. What must
not move in: what one connection tells by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.lifespan import LifespanCheck
from asgispy.checks.scope import TEST_CLIENT
from asgispy.model.finding import HINT

if TYPE_CHECKING:
    from asgispy.checks.connection import ConnectionCheck
    from asgispy.checks.process import ProcessCheck

HARNESS_PORT: Final = 123
"""The client's port by which httpx's ASGI transport gives itself away."""


def opening(process: ProcessCheck, check: ConnectionCheck) -> None:
    """A connection has opened in a process that has a lifespan: is that one more of the same?"""
    if not isinstance(check, LifespanCheck) or check.app is None:
        return
    for other in process.lifespans:
        if other is not check and other.ended is None and (other.app, other.loop) == (check.app, check.loop):
            text = "a lifespan was opened while another one of the same application was going on"
            check.report("lifespan.second-run", text, 0)
            return


def ending(process: ProcessCheck, check: ConnectionCheck) -> None:
    """A connection of a process that has a lifespan is over."""
    if not check.protocol or isinstance(check, LifespanCheck):
        return
    lifespan = next((each for each in reversed(process.lifespans) if each.started <= check.started), None)
    if lifespan is None:
        return
    _compare_times(lifespan, check)
    _compare_states(lifespan, check)
    if check.state_identity is not None:
        _compare_identity(process, lifespan, check)


def _compare_times(lifespan: LifespanCheck, check: ConnectionCheck) -> None:
    if lifespan.is_starting(check.started):
        text = f"{check.place} came while the startup was not complete"
        check.report("lifespan.request-before-ready", text, 0)
    if lifespan.stopping is None:
        return
    stopping = lifespan.started + lifespan.stopping
    if check.started > stopping:
        text = f"{check.place} came after lifespan.shutdown had been delivered"
        check.report("lifespan.request-after-shutdown", text, 0)
        return
    offsets = [each for each in (getattr(check, "completed", None), check.ended) if each is not None]
    if not offsets or check.started + min(offsets) > stopping:
        text = f"{check.place} was not over when lifespan.shutdown was delivered"
        lifespan.report("lifespan.shutdown-with-open-connections", text, lifespan.stopping_event)


def _compare_states(lifespan: LifespanCheck, check: ConnectionCheck) -> None:
    if type(lifespan.scope.get("state")) is not dict or lifespan.ready is None:
        return
    if "state" not in check.scope:
        text = "the lifespan's scope has a state, the request's has none"
        check.report(
            "state.missing-in-request", text, 0, level=HINT if _is_harness(check.scope.get("client")) else None
        )
        return
    state = check.scope["state"]
    lost = sorted(repr(key) for key in lifespan.ready_keys if type(state) is dict and key not in state)
    if lost and lifespan.started + lifespan.ready < check.started:
        text = f"the request's state lacks {', '.join(lost):.80}, which startup had put into the lifespan's"
        check.report("state.keys-lost", text, 0)


def _compare_identity(process: ProcessCheck, lifespan: LifespanCheck, check: ConnectionCheck) -> None:
    """Whether two scopes that are open at the same time hold the same state."""
    if check.state_identity == lifespan.state_identity:
        check.report("state.shared", "the request's state is the lifespan's own dict, not a copy", 0)
        return
    other = process.states.get(check.state_identity)
    if other is not None and other is not check and _overlap(other, check):
        check.report("state.shared", f"the request's state is also that of {other.place}", 0)
    process.remember_state(check)


def _overlap(one: ConnectionCheck, other: ConnectionCheck) -> bool:
    first, second = sorted((one, other), key=lambda each: each.started)
    return first.ended is None or first.started + first.ended > second.started


def _is_harness(client: Any) -> bool:
    return type(client) is list and len(client) == 2 and (client[0] == TEST_CLIENT or client[1] == HARNESS_PORT)
