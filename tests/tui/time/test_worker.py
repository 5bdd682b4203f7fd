"""The thread that steps statistics."""

from __future__ import annotations

import threading

from asgispy.errors import CaptureError
from asgispy.tui.time.worker import Worker


class Counting:
    """Has so many steps to do, and then breaks if it is told to."""

    def __init__(self, steps: int, *, broken: bool = False) -> None:
        self.left = steps
        self.broken = broken
        self.thread = threading.current_thread()
        self.stopped = False

    def step(self) -> bool:
        if self.broken:
            raise CaptureError("gone.asgispy: it is gone")
        self.left -= 1
        return self.left > 0

    def stop(self) -> None:
        self.stopped = True


def test_jobs_are_made_stepped_and_stopped_in_one_thread_beside_ours() -> None:
    worker = Worker()
    one, other = worker.begin(lambda: Counting(5)), worker.begin(lambda: Counting(2))
    assert worker.settled.wait(5)
    jobs = [task.job for task in (one, other) if isinstance(task.job, Counting)]
    assert [job.left <= 0 for job in jobs] == [True, True]
    assert jobs[0].thread is jobs[1].thread is not threading.current_thread()
    worker.end(one)
    assert worker.settled.wait(5)
    assert [job.stopped for job in jobs] == [True, False]
    worker.close()
    assert jobs[1].stopped


def test_a_job_that_can_not_go_on_says_why_and_is_tried_again() -> None:
    worker = Worker()
    job = Counting(1, broken=True)
    task = worker.begin(lambda: job)
    assert worker.settled.wait(5)
    assert task.problem == "gone.asgispy: it is gone"
    job.broken = False
    worker.nudge()
    assert worker.settled.wait(5)
    assert task.problem == ""
    worker.close()
    worker.close()


def test_closing_before_anything_began() -> None:
    worker = Worker()
    worker.close()
    assert worker.settled.is_set()
