"""Recording sessions under a real server, and replaying them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from asgispy.capture.reader import CaptureReader
from asgispy.replay.ignoring import Ignore
from asgispy.replay.lifespan import Lifespan
from asgispy.replay.outcome import outcome_of
from asgispy.replay.run import Target
from asgispy.replay.script import script_of
from asgispy.replay.series import Manner, replay_all
from asgispy.testing import watch
from tests.support.build import recording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from asgispy.replay.outcome import Outcome
    from asgispy.replay.result import Result
    from asgispy.replay.script import Script
    from tests.support.build import Tape

PATIENT = Manner(timeout=20)


def record(path: Path, app: Any, session: Callable[[str], None]) -> Path:
    """A capture of a session with an application under uvicorn."""
    watching = watch()
    try:
        with watching.live(app) as address:
            session(address)
        return watching.save(path)
    finally:
        watching.close()


@contextlib.contextmanager
def taped(path: Path) -> Iterator[Tape]:
    """A capture of what a probe would have sent."""
    with recording(path) as studio:
        yield studio.tape()


def originals(path: Path) -> list[tuple[Script, Outcome]]:
    """All connections of a capture."""
    with CaptureReader(path) as reader:
        return [(script_of(reader, each), outcome_of(reader, each)) for each in reader.connections()]


def original(path: Path) -> tuple[Script, Outcome]:
    """The only connection of a capture."""
    (only,) = originals(path)
    return only


def replayed(chosen: list[tuple[Script, Outcome]], app: Any, manner: Manner = PATIENT) -> list[Result]:
    """All but lifespans, replayed in process inside a running lifespan; by id."""

    async def run() -> list[Result]:
        results: list[Result] = []
        lifespan = Lifespan(app, 10)
        await lifespan.start()
        target = Target(app, state=lifespan.state if lifespan.supported else None)
        await replay_all(lambda: [each for each in chosen if each[0].type < 2], target, manner, results.append)
        await lifespan.stop()
        return sorted(results, key=lambda result: (result.round, result.script.original))

    return asyncio.run(run())


def asked(chosen: list[tuple[Script, Outcome]], remote: Any, manner: Manner = PATIENT) -> list[Result]:
    """All but lifespans, sent to a server; by id."""

    async def run() -> list[Result]:
        results: list[Result] = []
        target = Target(remote, remote=True)
        await replay_all(lambda: [each for each in chosen if each[0].type < 2], target, manner, results.append)
        return sorted(results, key=lambda result: result.script.original)

    return asyncio.run(run())


def said(results: list[Result]) -> list[str]:
    """What differs or failed, in a few words."""
    return [
        f"#{each.script.original} {text}"
        for each in results
        for text in (*map(str, each.differences), *filter(None, [each.failure, each.skipped]))
    ]


__all__ = ["Ignore", "asked", "original", "originals", "record", "replayed", "said", "taped"]
