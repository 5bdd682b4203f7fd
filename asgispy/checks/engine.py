"""The engine's door: a check for each connection that opens, with what its scope says already found.

Live recordings and saved captures go through the same door, so that they get the same verdict. What must not move in:
rules, and where events come from (pipeline, capture/checking).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.across import opening
from asgispy.checks.connection import ConnectionCheck
from asgispy.checks.lifespan import LifespanCheck
from asgispy.checks.process import ProcessCheck
from asgispy.checks.quick import QuickHttpCheck
from asgispy.checks.request import read_scope
from asgispy.checks.scope import moving_faults, steady_faults
from asgispy.checks.websocket import WebSocketCheck

if TYPE_CHECKING:
    from asgispy.checks.policy import Policy
    from asgispy.model.connection import Connection

_MACHINES: Final[dict[Any, type[ConnectionCheck]]] = {
    "http": QuickHttpCheck,
    "websocket": WebSocketCheck,
    "lifespan": LifespanCheck,
}


def join(policy: Policy, server: str) -> ProcessCheck:
    """A process has come; `server` is its server's name and version."""
    return ProcessCheck(policy, server)


def open_check(
    process: ProcessCheck, connection: Connection, scope: Any, key: bytes | None, facts: dict[Any, Any] | None = None
) -> ConnectionCheck:
    """A connection has opened.

    `key` is the same for scopes that differ only in path, query and client: what was found in one is remembered for
    the others. `facts` is what the probe adds to the opening.
    """
    request = process.request(key, scope, steady_faults)
    check = _machine(scope)(process, connection, scope, request)
    if facts is not None:
        identity = facts.get("state")
        check.state_identity = identity if type(identity) is int else None
        check.facts(0, facts)
        if facts.get("interface") == "asgi2":
            text = "the application is a double callable (ASGI 2), and was adapted"
            check.report("general.double-callable-app", text, 0)
    for rule, message in request.faults:
        check.report(rule, message, 0)
    for rule, message in moving_faults(scope):
        check.report(rule, message, 0)
    if process.lifespans:
        opening(process, check)
    return check


def place_of(process: ProcessCheck, connection: Connection, scope: Any) -> str:
    """What findings of a connection are told apart by, besides their rule, where nothing is checked."""
    return _machine(scope)(process, connection, scope, read_scope(scope, [])).place


def _machine(scope: Any) -> type[ConnectionCheck]:
    kind = scope.get("type") if type(scope) is dict else None
    return _MACHINES.get(kind if type(kind) is str else None, ConnectionCheck)
