"""Sends recorded connections to a server again, compares, and finds the replays in the capture. In a worker thread.

What must not move in: asking anybody (replays), and how anything is sent or compared (replay).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from asgispy.capture.reader import CaptureReader
from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.model.http import SAFE
from asgispy.replay.network import Remote
from asgispy.replay.outcome import outcome_of
from asgispy.replay.result import DIFFERENT, FAILED, SAME, SKIPPED
from asgispy.replay.run import Target
from asgispy.replay.script import script_of
from asgispy.replay.series import Manner, replay_all
from asgispy.tui.acting.jobs import Cancelled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from asgispy.model.connection import Connection
    from asgispy.replay.address import Place
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.result import Result
    from asgispy.replay.script import Script
    from asgispy.tui.acting.jobs import Progress
    from asgispy.tui.acting.saving import Choose
    from asgispy.tui.session import Session

LOOK_EVERY: Final = 0.1
"""Seconds between two looks whether it is to be cancelled, or whether a replay is in the capture."""
RECORDED_WITHIN: Final = 3.0
"""Seconds in which a replay gets into the capture."""


@dataclass(slots=True)
class Sent:
    """What became of it."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys((SAME, DIFFERENT, FAILED, SKIPPED), 0))
    said: str = ""
    """Of a single one: why it failed, the first difference, or what could not be compared."""
    recorded: bool = True
    """Whether the replays are in the capture."""
    original: int | None = None
    """Of a single one: the id of what was sent again."""
    replay: int | None = None
    """Of a single one: the id of the replay; None when it is not in the capture."""

    def told(self) -> str:
        """One line."""
        words = {name: "the same" if name == SAME else name for name in self.counts}
        happened = {name: count for name, count in self.counts.items() if count}
        total = sum(happened.values())
        if total == 1:
            return " · ".join(filter(None, (f"sent again: {words[next(iter(happened))]}", self.said)))
        counts = ", ".join(f"{count:,} {words[name]}" for name, count in happened.items())
        shown = " · has:replay shows them" if self.recorded else ""
        return f"sent {total:,} again: {counts or 'nothing'}{shown}"


def may_change(connection: Connection) -> bool:
    """Whether sending it again may change something: a method that is not safe, or a socket whose client spoke."""
    if connection.type == WEBSOCKET:
        return connection.received > 0
    return (connection.method or "GET") not in SAFE


def chosen(session: Session, choose: Choose) -> tuple[int, int]:
    """How many connections are chosen, lifespans left out, and how many of them may change something."""
    count, unsafe = 0, 0
    with CaptureReader(session.capture) as reader:
        for connection in choose(reader):
            if connection.type in (HTTP, WEBSOCKET):
                count += 1
                unsafe += may_change(connection)
    return count, unsafe


def send(
    session: Session, choose: Choose, total: int, place: Place | None, progress: Progress, script: Script | None = None
) -> Sent:
    """Send what is chosen, or one script in its place. Raises AsgispyError of its parts, and Cancelled."""
    sent, began = Sent(), time.time_ns()
    results: list[Result] = []

    def told(result: Result) -> None:
        sent.counts[result.verdict] += 1
        results[:] = [result]
        progress.tell(sum(sent.counts.values()), total)

    with CaptureReader(session.capture) as reader, session.replaying() as recorder:

        def originals() -> Iterator[tuple[Script, Outcome]]:
            for connection in choose(reader):
                if connection.type in (HTTP, WEBSOCKET):
                    yield script or script_of(reader, connection), outcome_of(reader, connection)

        target = Target(recorder.wrap(Remote(place, announce=recorder.announce)), remote=True)
        asyncio.run(_watched(replay_all(originals, target, Manner(), told), progress))
    if total == 1 and results:
        sent.said = _said(results[0])
        if results[0].verdict in (SAME, DIFFERENT):
            sent.original = results[0].script.original
            sent.replay = _replay_of(session, sent.original, began)
    return sent


async def _watched(run: Awaitable[None], progress: Progress) -> None:
    """Until it is over, or is to be cancelled."""
    task = asyncio.ensure_future(run)
    while not task.done():
        await asyncio.wait({task}, timeout=LOOK_EVERY)
        if progress.cancelled:
            task.cancel()
            await asyncio.wait({task})
            raise Cancelled
    task.result()


def _said(result: Result) -> str:
    if result.failure or result.skipped:
        return result.failure or result.skipped
    first = str(result.differences[0]).partition("\n")[0] if result.differences else ""
    more = f" and {len(result.differences) - 1:,} more" if len(result.differences) > 1 else ""
    return " · ".join(filter(None, (f"{first}{more}", *result.notes[:1])))


def _replay_of(session: Session, original: int, since: int) -> int | None:
    """The replay's id, once it has ended in the capture."""
    deadline = time.monotonic() + RECORDED_WITHIN
    with CaptureReader(session.capture) as reader:
        while time.monotonic() < deadline:
            for id in reader.replays_of(original):
                connection = reader.connection(id)
                if connection is not None and connection.started >= since and not connection.open:
                    return id
            time.sleep(LOOK_EVERY)
    return None
