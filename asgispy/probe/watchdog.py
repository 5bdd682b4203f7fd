"""A thread that notices when an event loop stands still, and looks around once a second.

It asks each loop for a sign of life some twenty times a second. While one does not come, it looks where the loop's
thread is; once it has come, it is known for how long the loop was kept. C code that holds the interpreter's lock keeps
the watchdog, too. Then the processor time of the loop's thread tells whether it was at work or the machine was busy.
What must not move in: how stacks are read (stacks), tasks and pools (orphans), what a stall means (analysis).
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from time import monotonic_ns as clock
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import DELAY, STALL
from asgispy.probe import stacks
from asgispy.probe.orphans import OrphanWatch, PoolWatch

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from asgispy.model.observation import Line
    from asgispy.probe.outbox import Outbox
    from asgispy.probe.recorder import Recording
    from asgispy.wire.handshake import Watch

MS: Final = 1_000_000
PERIOD: Final = 50 * MS
"""Nanoseconds between two looks, at most."""
SAMPLES: Final = 40
"""Looks at one stall that are kept."""
LOOK_AROUND: Final = 1_000 * MS
IDLE: Final = frozenset({"select", "_run_once", "run_forever", "run_until_complete", "run", "poll", "_poll"})
"""Functions in which a loop's thread waits for something to do."""

Sample = tuple[int | None, tuple["Line", ...]]
"""(connection, stack, outermost first)."""


class Watchdog:
    """Watches the loops of one probe from `start` to `stop`."""

    def __init__(self, outbox: Outbox, watch: Watch) -> None:
        self._outbox = outbox
        self._threshold = watch.stalls
        self._period = min(PERIOD, max(5 * MS, watch.stalls // 2)) if watch.stalls else LOOK_AROUND // 4
        self._orphans = OrphanWatch(outbox) if watch.tasks else None
        self._pools = PoolWatch(outbox) if watch.tasks else None
        self._pulses: dict[int, Pulse] = {}
        self._looked = clock()
        self._over = threading.Event()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="asgispy-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Have the thread end soon."""
        self._over.set()

    def glance(self) -> None:
        """Look where a loop is whose sign of life is overdue; called by others who have just got to run.

        When C code lets go of the interpreter's lock, whoever runs first still sees which call it was.
        """
        if self._threshold and clock() - self._looked > self._period + self._threshold // 2:
            for pulse in list(self._pulses.values()):
                pulse.glance()

    def _run(self) -> None:
        looked_around = self._looked = clock()
        while not self._over.wait(self._period / 1e9):
            now = clock()
            late = now - self._looked - self._period
            try:
                self._look(now, late if late > self._period else 0)
                if now - looked_around >= LOOK_AROUND:
                    looked_around = now
                    self._look_around(now)
            except Exception:  # whatever we stumble over must not end the watch
                pass
            self._looked = clock()

    def _look(self, now: int, late: int) -> None:
        observer = self._outbox.observer
        for key, (loop, thread) in list(observer.loops.items()):
            if loop.is_closed():
                observer.loops.pop(key, None)
                self._pulses.pop(key, None)
            elif self._threshold:
                pulse = self._pulses.get(key)
                if pulse is None:
                    pulse = self._pulses[key] = Pulse(self._outbox, loop, thread, self._threshold)
                pulse.look(now, late)
        if self._pools is not None:
            self._pools.look(now)

    def _look_around(self, now: int) -> None:
        tasks = [(loop, stacks.tasks_of(loop)) for loop, _ in list(self._outbox.observer.loops.values())]
        if self._orphans is not None:
            self._orphans.look(now, [task for _, found in tasks for task in found])
        if self._pools is not None:
            self._pools.look_at_tasks(now, [task for _, found in tasks for task in found])


class Pulse:
    """One loop's signs of life."""

    def __init__(self, outbox: Outbox, loop: AbstractEventLoop, thread: int, threshold: int) -> None:
        self._outbox = outbox
        self._loop = loop
        self._thread = thread
        self._threshold = threshold
        self._asked = 0
        """When the sign was asked for; 0 when none is."""
        self._came = 0
        self._excused = 0
        self._used = 0
        """Processor time of the loop's thread at the last look."""
        self._since = 0
        """When the look began in which the sign was asked for."""
        self._worked = 0
        """Processor time of the loop's thread since then."""
        self._samples: list[Sample] = []
        self._told_until = 0
        """When the newest stall that has been told was over."""
        self._caught: Sample | None = None
        """Where the loop's thread was when we had been kept from looking."""
        self._serial: int | None = None
        """Of a stall that has been told while it goes on."""
        self._open: list[tuple[Recording, int]] = []
        """What was open when the sign was asked for, and how far it was."""
        self._deferred: tuple[int | None, int, int, dict[str, Any], list[tuple[Recording, int]]] | None = None
        """A stall that is told at the next look, when it can be seen who went on after it."""

    def look(self, now: int, late: int) -> None:
        """Look whether the sign has come, and where the loop is while it has not.

        `late` is for how long the watchdog was kept from looking.
        """
        if self._deferred is not None:
            deferred, self._deferred = self._deferred, None
            self._tell(*deferred)
        if late:
            self.glance()
        used, self._used = self._used, _processor_time(self._thread)
        busy = min(late, self._used - used)
        self._worked += self._used - used
        if not self._asked:
            self._ask(now)
            return
        self._excused += late - busy  # for as long the machine was busy with something else
        if not self._came:
            self._wait(now)
            return
        if self._serial is not None or self._came - self._asked - self._excused >= self._threshold:
            self._tell_end()
        elif busy >= self._threshold:
            self._tell_inferred(now, busy)
        elif self._worked >= self._threshold:
            self._tell_unseen(now)
        self._ask(now)

    def glance(self) -> None:
        """Look at the loop's thread, if nobody has yet."""
        if self._caught is None or not self._caught[1]:
            self._caught = self._sample() or self._caught

    def _ask(self, now: int) -> None:
        self._since, self._worked = now, 0
        self._came, self._excused, self._samples, self._serial = 0, 0, [], None
        self._caught = None
        self._open = [(each, each.order) for each in list(self._outbox.open.values()) if each.loop is self._loop]
        self._asked = clock()
        try:
            self._loop.call_soon_threadsafe(self._answer)
        except RuntimeError:  # it has been closed
            self._asked = 0

    def _answer(self) -> None:
        """The sign of life, in the loop's thread."""
        self._came = clock()

    def _wait(self, now: int) -> None:
        waited = now - self._asked - self._excused
        if len(self._samples) < SAMPLES:
            sample = self._sample()
            if sample is not None and sample[1]:
                self._samples.append(sample)
        if waited >= self._threshold and self._serial is None and self._samples:
            self._serial = self._outbox.observer.serial()
            number, facts = self._culprit()
            self._outbox.observer.tell(STALL, number, self._began(number), None, facts, self._serial)

    def _sample(self) -> Sample | None:
        """Where the loop's thread is; None while it only waits."""
        frames = stacks.frames_of_thread(sys._current_frames().get(self._thread))
        asyncio: Any = sys.modules["asyncio"]
        task = asyncio.current_task(self._loop)
        inner = [each for each in stacks.inner_frames(frames) if each.f_code.co_filename != stacks.RECORDER]
        if task is None and (not inner or inner[-1].f_code.co_name in IDLE):
            return None
        number = stacks.number_of(task, self._outbox.observer.current) if task is not None else None
        return number, tuple(stacks.line_of(frame) for frame in inner[-stacks.DEPTH :])

    def _culprit(self) -> tuple[int | None, dict[str, Any]]:
        """Whose the stall is, as far as one connection had most of it, and where it was seen most often."""
        numbers = Counter(number for number, _ in self._samples)
        number, times = numbers.most_common(1)[0]
        if times * 2 <= len(self._samples):
            number = None
        seen = Counter(lines for whose, lines in self._samples if whose == number or number is None)
        stack = seen.most_common(1)[0][0]
        return number, {"stack": [list(line) for line in stack], "samples": len(self._samples)}

    def _began(self, number: int | None) -> int:
        """When the stall began: with the step of its connection where that is known, else when no sign came."""
        recording = next((each for each in list(self._outbox.open.values()) if each.number == number), None)
        steps = recording.steps if recording is not None else None
        if steps is not None and 0 < self._asked - steps.began < 2 * PERIOD + self._threshold:
            return steps.began
        return self._asked

    def _tell_end(self) -> None:
        """The loop goes on: tell how long it stood, and whom that delayed."""
        end = self._came
        if not self._samples and self._caught is not None:
            self._samples.append(self._caught)
        longest = self._longest_step(self._asked, end)
        if longest is None and not self._samples:
            return  # nothing was seen to be at work
        number, facts = self._culprit() if self._samples else (None, _inferred(None))
        began = self._asked
        if longest is not None and longest[2] * 2 > end - self._asked:
            number, began, took = longest
            end = began + took
        self._tell(number, began, end, facts, self._open)

    def _tell_inferred(self, now: int, busy: int) -> None:
        """The loop's thread was at work in one go while nobody could look."""
        longest = self._longest_step(now - busy, now)
        if (longest is None and self._caught is None) or now - busy < self._told_until:
            return
        number, began, took = longest or (self._caught[0] if self._caught else None, now - busy, busy)
        self._deferred = number, began, began + took, _inferred(self._caught), self._open  # they are about to move

    def _tell_unseen(self, now: int) -> None:
        """It may have stood in the middle of our own look, before the sign was asked for."""
        longest = self._longest_step(self._since, now)
        if longest is not None and longest[2] >= self._threshold and longest[1] + longest[2] > self._told_until:
            number, began, took = longest
            self._deferred = number, began, began + took, _inferred(None), self._open

    def _longest_step(self, start: int, end: int) -> tuple[int, int, int] | None:
        """The longest step of a connection's own task in that time."""
        steps = list(self._outbox.observer.long_steps)
        return max((each for each in steps if each[1] + each[2] > start and each[1] < end), key=_took, default=None)

    def _tell(
        self, number: int | None, began: int, end: int, facts: dict[str, Any], open: list[tuple[Recording, int]]
    ) -> None:
        observer = self._outbox.observer
        self._told_until = end
        delayed = [each.number for each, order in open if each.number != number and _moved(each, order, end)]
        facts["delayed"] = delayed
        observer.tell(STALL, number, began, end - began, facts, self._serial)
        for each in delayed:
            observer.tell(DELAY, each, began, end - began, {"by": number})


def _took(step: tuple[int, int, int]) -> int:
    return step[2]


def _inferred(sample: Sample | None) -> dict[str, Any]:
    """Facts of a stall that was seen too late: the stack is where its end was, or there is none."""
    stack = [list(line) for line in sample[1]] if sample is not None else []
    return {"stack": stack, "samples": 1 if stack else 0, "inferred": True}


def _processor_time(thread: int) -> int:
    """Nanoseconds of processor time that a thread has used; where that can't be told, those of the process."""
    try:
        return time.clock_gettime_ns(time.pthread_getcpuclockid(thread))
    except (AttributeError, OSError):
        return time.process_time_ns()


def _moved(recording: Recording, order: int, end: int) -> bool:
    """Whether a connection went on as soon as the loop did."""
    steps = recording.steps
    return steps.began >= end if steps is not None else recording.order != order or recording.ended
