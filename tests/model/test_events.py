"""Events and summaries, read back."""

from __future__ import annotations

from asgispy.model.connection import ABORTED, COMPLETED, FAILED, OPEN_STATE, Connection
from asgispy.model.events import OPEN, RAISE, RECEIVE, RETURN, SEND, Event


def test_events_carry_the_names_of_the_asgi_calls() -> None:
    names = [Event(0, kind, 0, 0).name for kind in (OPEN, RECEIVE, SEND, RAISE, RETURN)]
    assert names == ["open", "receive", "send", "raise", "return"]


def test_only_a_call_without_a_duration_is_pending() -> None:
    assert Event(1, RECEIVE, 0, None).pending
    assert Event(1, SEND, 0, None).pending
    assert not Event(1, SEND, 0, 5).pending
    assert not Event(1, RETURN, 0, None).pending


def test_a_connection_is_open_until_it_has_a_verdict() -> None:
    states = [Connection(1, 1, 0, 0, state=state) for state in (OPEN_STATE, COMPLETED, FAILED, ABORTED)]
    assert [each.open for each in states] == [True, False, False, False]
    assert [each.failed for each in states] == [False, False, True, False]
