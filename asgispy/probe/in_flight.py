"""What every open connection is doing right now: asked for by the inspector, answered from the sender's thread.

What must not move in: how a stack is read (stacks), and what is said of it (tui, cli).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import RECEIVE
from asgispy.model.observation import InFlight, TaskStack
from asgispy.probe import stacks

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import FrameType

    from asgispy.model.observation import Line
    from asgispy.probe.outbox import Outbox
    from asgispy.probe.recorder import Recording

CONNECTIONS: Final = 200
"""Connections that are answered for at once."""
TASKS_EACH: Final = 50

RUNNING: Final = "running"
RECEIVING: Final = "receive"
SENDING: Final = "send"
THREAD: Final = "thread"
QUEUED: Final = "queued"
AWAITING: Final = "awaiting"


def in_flight(outbox: Outbox, numbers: Collection[int] | None = None) -> list[InFlight]:
    """The open connections (those of `numbers`, or all), oldest first. Never raises."""
    try:
        return _Look(outbox).report(numbers)
    except Exception:  # something that we have never met: no answer is better than no application
        return []


class _Look:
    """One look at all tasks and threads."""

    def __init__(self, outbox: Outbox) -> None:
        self._open = sorted(outbox.open.copy().values(), key=lambda recording: recording.number)
        self._current = outbox.observer.current
        self._tasks: dict[int, list[Any]] = {}
        self._threads: dict[int, list[tuple[str, list[FrameType]]]] = {}
        self._running: dict[int, list[FrameType]] = {}
        """What a loop's thread is at, by the identity of the task that it runs."""
        frames = sys._current_frames()
        self._look_at_loops(outbox, frames)
        self._look_at_threads(frames)

    def _look_at_loops(self, outbox: Outbox, frames: dict[int, FrameType]) -> None:
        for loop, thread in list(outbox.observer.loops.values()):
            running = sys.modules["asyncio"].current_task(loop)
            for task in stacks.tasks_of(loop):
                number = stacks.number_of(task, self._current)
                if number is not None and not stacks.is_of(task, (stacks.OWN_PACKAGE,)):
                    self._tasks.setdefault(number, []).append(task)
                if task is running and number is not None:
                    self._running[id(task)] = stacks.frames_of_thread(frames.get(thread))
            frames.pop(thread, None)

    def _look_at_threads(self, frames: dict[int, FrameType]) -> None:
        names = {thread.ident: thread.name for thread in sys.modules["threading"].enumerate()}
        for ident, frame in frames.items():
            found = stacks.frames_of_thread(frame)
            number = stacks.number_of_thread(found, self._current)
            if number is not None:
                self._threads.setdefault(number, []).append((str(names.get(ident, ident)), found))

    def report(self, numbers: Collection[int] | None) -> list[InFlight]:
        wanted = [each for each in self._open if numbers is None or each.number in numbers]
        return [self._one(recording) for recording in wanted[:CONNECTIONS]]

    def _one(self, recording: Recording) -> InFlight:
        tasks = self._tasks.get(recording.number, [])[:TASKS_EACH]
        told = sorted((self._task(task) for task in tasks), key=lambda each: not each[0])
        found = [stack for _, stack in told] or _of_coroutine(recording)
        for name, frames in self._threads.get(recording.number, ()):
            found.append(TaskStack(name, True, _lines(frames[-stacks.DEPTH :])))
        running = any(id(task) in self._running for task in tasks)
        return InFlight(recording.number, _doing(recording, found, running=running), tuple(found))

    def _task(self, task: Any) -> tuple[bool, TaskStack]:
        """Whether it is the connection's own task, and where it is."""
        name = stacks.name_of(task)
        if id(task) in self._running:
            frames = self._running[id(task)]
            lines = _lines(stacks.application_part(stacks.inner_frames(frames)))
            return stacks.is_own_task(frames), TaskStack(name, False, lines, RUNNING)
        frames, waits = stacks.awaited(stacks.coroutine_of(task))
        part = _lines(stacks.application_part(frames))
        return stacks.is_own_task(frames), TaskStack(name, False, part, stacks.described(waits))


def _of_coroutine(recording: Recording) -> list[TaskStack]:
    """Where the application awaits when no task of asyncio is its own: under trio, for one."""
    if recording.steps is None or recording.steps.active:
        return []
    frames, waits = stacks.awaited(recording.steps.coroutine)
    lines = _lines(stacks.application_part(frames))
    return [TaskStack("the connection", False, lines, stacks.described(waits))] if lines else []


def _doing(recording: Recording, tasks: list[TaskStack], *, running: bool) -> str:
    if running:
        return RUNNING
    if any(line[2].endswith("acquire_on_behalf_of") for task in tasks for line in task.lines):
        return QUEUED
    if any(task.thread for task in tasks):
        return THREAD
    pending = [event[0] for event in list(recording.events) if event[3] is None]
    if pending:
        return RECEIVING if pending[-1] == RECEIVE else SENDING
    return AWAITING


def _lines(frames: list[FrameType]) -> tuple[Line, ...]:
    return tuple(stacks.line_of(frame) for frame in frames)
