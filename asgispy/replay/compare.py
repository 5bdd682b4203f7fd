"""What differs between what was recorded and what was replayed: message by message, JSON by path. Pure and bounded.

Times are never a difference, nor is in how many messages a body came. A server on the network shows less than the
application itself: exceptions, the bounds of messages, and headers that the server adds are left out then, and that is
noted. What must not move in: how differences are said (report).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.comparing.differing import data_rows
from asgispy.model.connection import LIFESPAN, WEBSOCKET
from asgispy.replay.compare_data import Difference, body_differences, frame_differences
from asgispy.replay.compare_headers import header_differences

if TYPE_CHECKING:
    from asgispy.replay.ignoring import Ignore
    from asgispy.replay.outcome import Outcome

MOST: Final = 500
"""Differences of one replay that are told."""
_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{4,}")
_NO_BODY: Final = frozenset({204, 205, 304})


@dataclass(slots=True)
class Comparison:
    """What differs, and what could not be compared."""

    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def tell(self, part: str, before: object, after: object) -> None:
        """Note a difference where the two are not the same."""
        if before != after:
            self.differences.append(Difference(part, _said(before), _said(after)))


def differences(
    original: Outcome, replayed: Outcome, ignore: Ignore, *, remote: bool = False, head: bool = False
) -> Comparison:
    """All that differs. `remote`: a server was asked; `head`: with a method whose response has no body."""
    found = Comparison()
    if original.type == LIFESPAN:
        _lifespan(found, original, replayed)
        return found
    expected = _on_network(found, original) if remote else original.status
    found.tell("status", expected, replayed.status)
    servers_own = remote and original.status == 403 and original.close is not None  # a denial in its words
    if original.status is not None and replayed.status is not None and not servers_own:
        _answer(found, original, replayed, ignore, remote=remote, head=head)
    if original.type == WEBSOCKET:
        _socket(found, original, replayed, ignore, remote=remote)
    if not remote:
        _others(found, original, replayed)
        _exception(found, original, replayed)
    found.differences += [Difference("order", None, each) for each in replayed.late]
    del found.differences[MOST:]
    return found


def _on_network(found: Comparison, original: Outcome) -> int | None:
    """The status that a client was given."""
    if original.error is not None and original.failed_in_application:
        found.notes.append(f"{_raised(original.error.type, '')} left the application then; a client can't see that")
    if original.status is None and original.ended:
        return 500  # what servers answer for an application that does not
    return original.status


def _raised(type: str, message: str) -> str:
    """An exception in one line, without addresses of objects, which are others each time."""
    name = type.removeprefix("builtins.")
    return f"{name}: {_ADDRESS.sub('0x…', message)}" if message else name


def _answer(
    found: Comparison, original: Outcome, replayed: Outcome, ignore: Ignore, *, remote: bool, head: bool
) -> None:
    """Headers, body and trailers."""
    bare = remote and (head or original.status in _NO_BODY)
    same_body = bare or (original.body, original.size) == (replayed.body, replayed.size)
    found.differences += header_differences(
        "header", original.headers, replayed.headers, ignore, remote=remote, with_length=same_body
    )
    found.tell("subprotocol", original.subprotocol, replayed.subprotocol)
    found.differences += header_differences("trailer", original.trailers, replayed.trailers, ignore, remote=remote)
    if bare:
        return
    sent_by_path = any(isinstance(each, dict) and str(each.get("type")).endswith("send") for each in original.others)
    if remote and sent_by_path:
        found.notes.append("the body was sent from a file, which the capture does not hold: it is not compared")
        return
    partial = original.left is not None or not original.ended
    body_differences(found.differences, found.notes, original, replayed, ignore, partial=partial)
    if partial and original.size and original.type != WEBSOCKET:
        found.notes.append("the response was not sent to its end when it was recorded: compared as far as both go")
    broken = original.complete and not replayed.complete and not original.failed_in_application
    if broken and not partial and original.type != WEBSOCKET:
        found.differences.append(Difference("response", "complete", "not sent to its end"))
    if not remote and original.complete and original.parts != replayed.parts:
        found.notes.append(f"the body came in {replayed.parts:,} messages, and in {original.parts:,} then")


def _socket(found: Comparison, original: Outcome, replayed: Outcome, ignore: Ignore, *, remote: bool) -> None:
    """What was said on a socket, and how it was closed."""
    count = min(original.left, len(original.frames)) if original.left is not None else None
    after = replayed.left if replayed.left is not None else len(replayed.frames)
    if count is not None and after > count:
        extra = after - count
        found.notes.append(f"{extra:,} more messages were sent before the client left")
    partial = not original.ended
    frame_differences(found.differences, found.notes, original, replayed, ignore, count=count, partial=partial)
    if replayed.taken < original.taken:
        found.tell("messages taken from the client", original.taken, replayed.taken)
    if original.status != 101:
        return  # how a server says that it denies is its own matter
    if remote and original.close is None:
        if replayed.close is not None and original.left is not None:
            found.tell("closed by", "the client", f"the server, {_closing(replayed.close)}")
        return
    before, now = original.close or (None, ""), replayed.close or (None, "")
    found.tell("close code", before[0], now[0])
    found.tell("close reason", before[1], now[1])


def _closing(close: tuple[Any, Any]) -> str:
    return f"{close[0]} {close[1]}".strip()


def _others(found: Comparison, original: Outcome, replayed: Outcome) -> None:
    """Messages that are neither the response nor a socket's."""
    for number, (before, now) in enumerate(zip(original.others, replayed.others, strict=False), 1):
        _rows(found, f"other message {number}", before, now)
    if len(original.others) != len(replayed.others):
        found.tell("other messages", _kinds(original.others), _kinds(replayed.others))


def _kinds(messages: tuple[Any, ...]) -> str:
    kinds = [str(each.get("type")) if isinstance(each, dict) else type(each).__name__ for each in messages]
    return ", ".join(kinds[:10]) or "none"


def _rows(found: Comparison, part: str, before: Any, now: Any) -> None:
    for row in data_rows(before, now, part):
        if row.mark != "=":
            old, new = row.left if row.mark != "+" else None, row.right if row.mark != "-" else None
            found.differences.append(Difference(row.name, old, new))


def _exception(found: Comparison, original: Outcome, replayed: Outcome) -> None:
    before = original.error if original.failed_in_application else None
    now = replayed.error if replayed.failed_in_application else None
    if not original.ended and now is None:
        return
    said = [None if each is None else _raised(each.type, each.message) for each in (before, now)]
    found.tell("exception", said[0], said[1])


def _lifespan(found: Comparison, original: Outcome, replayed: Outcome) -> None:
    """As far as the recorded one went: a process may have ended without a shutdown."""
    if not original.ended:
        found.notes.append("this lifespan had not ended when it was recorded: compared as far as it went")
    most = len(original.others) if not original.ended else max(len(original.others), len(replayed.others))
    before, now = original.others[:most], replayed.others[:most]
    for number, (old, new) in enumerate(zip(before, now, strict=False), 1):
        _rows(found, f"message {number}", old, new)
    if len(before) != len(now):
        found.tell("messages", _kinds(before), _kinds(now))
    if original.ended:
        _exception(found, original, replayed)


def _said(value: object) -> str | None:
    return None if value is None else str(value)
