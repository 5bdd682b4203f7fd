"""One thread that steps statistics over the capture while the screen goes on: a job does a little at a time.

Jobs publish what they have; the screen takes the newest when it polls and never waits. What must not move in: what is
counted (capture/overview, capture/grouping, capture/spans), painting.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from asgispy.errors import AsgispyError

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_EVERY: Final = 0.2
"""Seconds between two looks at a capture that had nothing new."""
BREATH: Final = 0.001
"""Seconds that the thread stands back after each step, so that a key is answered at once."""


class Job(Protocol):
    """What is stepped; made and stopped in the worker's thread."""

    def step(self) -> bool:
        """Do a bounded piece of work; True while there is more."""

    def stop(self) -> None:
        """Let go of the capture."""


class Task:
    """One job's place in the worker; `job` is None until the thread has made it."""

    def __init__(self, make: Callable[[], Job]) -> None:
        self.job: Job | None = None
        self.problem = ""
        """Why it can't go on at the moment."""
        self.make = make
        self.cancelled = False


class Worker:
    """The thread; it begins with the first job and ends with `close`."""

    def __init__(self) -> None:
        self.settled = threading.Event()
        """Set while no job has anything to do."""
        self.settled.set()
        self._tasks: list[Task] = []
        self._condition = threading.Condition()
        self._nudged = False
        self._over = False
        self._thread: threading.Thread | None = None

    def begin(self, make: Callable[[], Job]) -> Task:
        """Step a job from now on; `make` is called in the thread."""
        task = Task(make)
        with self._condition:
            self._tasks.append(task)
            self._wake()
            if self._thread is None and not self._over:
                self._thread = threading.Thread(target=self._run, name="asgispy-statistics", daemon=True)
                self._thread.start()
        return task

    def end(self, task: Task) -> None:
        """Step it no longer."""
        with self._condition:
            task.cancelled = True
            self._wake()

    def nudge(self) -> None:
        """There may be something new."""
        with self._condition:
            self._wake()

    def close(self) -> None:
        """End all jobs and the thread, after the step that it is in."""
        with self._condition:
            self._over = True
            self._condition.notify()
            thread = self._thread
        if thread is not None:
            thread.join(5)
        self.settled.set()

    def _wake(self) -> None:
        self._nudged = True
        self.settled.clear()
        self._condition.notify()

    # In the thread

    def _run(self) -> None:
        while self._wait():
            busy = [self._step(task) for task in self._current()]
            if any(busy):
                time.sleep(BREATH)
                self.nudge()
        for task in self._tasks:
            self._stop(task)

    def _wait(self) -> bool:
        """Wait for something to do; False when it is over."""
        with self._condition:
            if not self._nudged and not self._over:
                self.settled.set()
                self._condition.wait(LOOK_EVERY)
            self._nudged = False
            return not self._over

    def _current(self) -> list[Task]:
        with self._condition:
            ended = [task for task in self._tasks if task.cancelled]
            self._tasks = [task for task in self._tasks if not task.cancelled]
        for task in ended:
            self._stop(task)
        return list(self._tasks)

    def _step(self, task: Task) -> bool:
        try:
            if task.job is None:
                task.job = task.make()
            more = task.job.step()
            task.problem = ""
        except AsgispyError as error:
            task.problem = str(error)
            return False
        return more

    def _stop(self, task: Task) -> None:
        if task.job is not None:
            with contextlib.suppress(AsgispyError):
                task.job.stop()
