"""What is known of one application process under check: its connections, its lifespans, what was told already.

What a server does to every connection is told once for each process. What must not move in: the rules of one
connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.checks.across import ending
from asgispy.checks.messages import Shapes
from asgispy.checks.policy import STRICT
from asgispy.checks.request import read_scope
from asgispy.checks.smells import WEIGHED
from asgispy.checks.tables import PROTOCOLS
from asgispy.model.events import RECEIVE, SEND
from asgispy.model.finding import SERVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.checks.connection import ConnectionCheck
    from asgispy.checks.lifespan import LifespanCheck
    from asgispy.checks.policy import Policy
    from asgispy.checks.request import Request
    from asgispy.checks.rule import Fault, Rule

REMEMBERED: Final = 4096
"""Scopes that are remembered."""
RECENT: Final = 4
"""Lifespans that may still be waiting for something."""


class ProcessCheck:
    """One process."""

    def __init__(self, policy: Policy, server: str) -> None:
        self.policy = policy
        self.server = server
        """Name and version; empty when unknown."""
        self.server_name = server.partition(" ")[0]
        self.unhurried = _unhurried(policy)
        """Nanoseconds below which no rule about time can fire on an exchange; -1 when each has to be looked at."""
        self.lifespans: list[LifespanCheck] = []
        self.fresh: dict[tuple[ConnectionCheck, str], int] = {}
        """(connection, rule) of what has fired since the last look, and how often."""
        self.suppressed = 0
        """Findings that the policy ignores."""
        self._told: set[str] = set()
        """Rules of the server's that have been told."""
        self.sends = {protocol: Shapes(protocol, SEND) for protocol in ("", *PROTOCOLS)}
        self.receives = {protocol: Shapes(protocol, RECEIVE) for protocol in ("", *PROTOCOLS)}
        """Readings of messages, by protocol."""
        self._requests: dict[bytes, Request] = {}
        self.states: dict[int | None, ConnectionCheck] = {}
        """The connections that ended last, by the identity of their scope's state."""

    def request(self, key: bytes | None, scope: Any, faults: Callable[[Any], list[Fault]]) -> Request:
        """What all scopes of that key announce; `faults` finds what is wrong with them."""
        if key is None:
            return read_scope(scope, faults(scope))
        request = self._requests.get(key)
        if request is None:
            if len(self._requests) >= REMEMBERED:
                self._requests.clear()
            self._requests[key] = request = read_scope(scope, faults(scope))
        return request

    def over(self, check: ConnectionCheck) -> None:
        """A connection has ended, or its process is gone."""
        if check.ended is None:
            check.settle()
        if self.lifespans:
            ending(self, check)

    def remember_state(self, check: ConnectionCheck) -> None:
        """Know for others which state a connection held."""
        if len(self.states) >= REMEMBERED:
            self.states.clear()
        self.states[check.state_identity] = check

    def tick(self, wall: int) -> None:
        """Time has passed: it is `wall` nanoseconds now, by the process's own clock."""
        for lifespan in self.lifespans[-RECENT:]:
            if lifespan.ended is None:
                lifespan.tick(wall - lifespan.started)

    def wanted(self, check: ConnectionCheck, rule: Rule, level: int, owner: str) -> bool:
        """Whether a finding is to be told: the policy wants it, and it is no habit of the server's told before."""
        if not self.policy.wants(rule, level):
            return False
        if self.policy.ignores(rule, owner, check.path):
            self.suppressed += 1
            return False
        if owner == SERVER:
            if rule.id in self._told:
                return False
            self._told.add(rule.id)
        return True

    def found(self, check: ConnectionCheck, rule: str) -> None:
        """A finding was reported, or counted once more."""
        place = check, rule
        self.fresh[place] = self.fresh.get(place, 0) + 1

    def take(self) -> dict[tuple[ConnectionCheck, str], int]:
        """What has fired since the last time."""
        fresh, self.fresh = self.fresh, {}
        return fresh


def _unhurried(policy: Policy) -> int:
    limits = policy.thresholds
    if policy.profile == STRICT or limits.large_headers < WEIGHED or limits.tiny_chunks <= 1:
        return -1
    return min(limits.first_byte, limits.held, limits.response, limits.unwatched)
