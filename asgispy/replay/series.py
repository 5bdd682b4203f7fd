"""Replays many connections, in the order and overlap of the recording: once, or in many rounds, some of them at once.

Originals are read as they are needed, so that a capture of any size can be replayed. What must not move in: what is
chosen and who is asked (cli), what is said (report).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from asgispy.model.connection import HTTP, WEBSOCKET
from asgispy.replay.compare import differences
from asgispy.replay.conductor import Conductor
from asgispy.replay.ignoring import Ignore
from asgispy.replay.result import Result
from asgispy.replay.run import replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgispy.replay.conductor import Track
    from asgispy.replay.outcome import Outcome
    from asgispy.replay.run import Target
    from asgispy.replay.script import Script

Original = tuple["Script", "Outcome"]

UNSAFE: Final = "may change something: send it with --yes"
"""Why something is skipped that nobody has agreed to."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How connections are replayed."""

    timeout: float = 10.0
    """Seconds without a message after which one is given up."""
    pace: float | None = None
    """How much faster than recorded; None for no pauses."""
    ignore: Ignore = field(default_factory=Ignore)
    skip_masked: bool = False
    unsafe: bool = True
    """Whether what may change something is sent."""
    repeat: int = 1
    """Rounds: how many times all of it is sent."""
    concurrency: int = 1
    """Rounds at once."""


async def replay_all(
    originals: Callable[[], Iterable[Original]], target: Target, manner: Manner, on_result: Callable[[Result], None]
) -> None:
    """Replay the originals, which are asked for anew for each round; cancel it to stop.

    `on_result` is told of each replay as it ends, and of each that is skipped. Raises what reading originals raises.
    """
    rounds = iter(range(1, manner.repeat + 1))

    async def play_rounds() -> None:
        for number in rounds:
            await _play_round(originals(), target, manner, number, on_result)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(manner.concurrency, manner.repeat)):
                group.create_task(play_rounds())
    except BaseExceptionGroup as failures:
        raise first_of(failures) from None


def first_of(failures: BaseExceptionGroup) -> BaseException:
    """The first exception of a group of groups."""
    first = failures.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def _play_round(
    originals: Iterable[Original], target: Target, manner: Manner, round: int, on_result: Callable[[Result], None]
) -> None:
    conductor = Conductor(manner.timeout, manner.pace)
    async with asyncio.TaskGroup() as group:
        for script, original in originals:
            skipped = obstacle(script, target, manner)
            if skipped:
                on_result(Result(script, original, skipped=skipped, round=round))
                continue
            track = await conductor.open(script)
            group.create_task(_told(script, original, target, manner, round, on_result, track))
        conductor.last()


async def _told(
    script: Script,
    original: Outcome,
    target: Target,
    manner: Manner,
    round: int,
    on_result: Callable[[Result], None],
    track: Track,
) -> None:
    replayed = await replay(script, target, timeout=manner.timeout, track=track)
    on_result(judged(script, original, replayed, target, manner, round))


def judged(
    script: Script, original: Outcome, replayed: Outcome, target: Target, manner: Manner, round: int = 1
) -> Result:
    """A replay, compared."""
    notes = [f"{place} is left out of the scope: it can't be made again" for place in script.left_out]
    if target.remote:
        notes = []  # a server makes its own
    notes += [f"{place} is masked in the capture, and was sent as ***" for place in script.masked]
    if replayed.failure and not (target.remote and _broke_then_too(original, replayed)):
        return Result(script, original, replayed, (), tuple(notes), round=round)
    if replayed.failure:
        notes.append(f"{replayed.failure}: as the exception made it then")
        replayed = _without_failure(replayed)
    found = differences(original, replayed, manner.ignore, remote=target.remote, head=script.method == "HEAD")
    return Result(script, original, replayed, tuple(found.differences), (*notes, *found.notes), round=round)


def obstacle(script: Script, target: Target, manner: Manner) -> str:
    """Why a script can't or must not be sent; empty when nothing is in the way."""
    if script.type not in (HTTP, WEBSOCKET):
        return "its scope is neither http nor websocket"
    if script.cut:
        return script.cut
    if target.remote and script.unread:
        return "not all of its body was read when it was recorded"
    if target.remote and script.method == "CONNECT":
        return "CONNECT opens a tunnel"
    if manner.skip_masked and script.masked:
        return "secrets are masked in the capture"
    if not manner.unsafe and not script.safe:
        return UNSAFE
    return ""


def _broke_then_too(original: Outcome, replayed: Outcome) -> bool:
    """Whether a response that breaks off is what an exception made of it."""
    broken = original.failed_in_application and not original.complete and original.type == HTTP
    return broken and original.status is not None and original.status == replayed.status


def _without_failure(replayed: Outcome) -> Outcome:
    return replace(replayed, failure="")
