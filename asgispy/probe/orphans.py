"""Tasks that live on after the connection that they were born in, and pools of threads in which none is free.

Both are looked for from time to time, from the watchdog's thread. What must not move in: how stacks are read (stacks).
"""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgispy.model.observation import POOL, TASK
from asgispy.probe import stacks
from asgispy.probe.process import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from asgispy.probe.outbox import Outbox

KNOWN: Final = 1_000
"""Tasks that are followed until they end."""
NOT_THE_APPLICATION: Final = (*(f"{server}." for server in SERVERS), stacks.OWN_PACKAGE)
"""Packages whose tasks may be born in a connection's context, such as a server's that waits for the next request."""
EXHAUSTED: Final = 100_000_000
"""Nanoseconds without a free thread after which that is told."""
SOUGHT: Final = 5_000_000_000
"""Nanoseconds for which it is looked whose calls they are: a thread may just be on its way to the next one."""


class OrphanWatch:
    """Tasks whose connection has ended."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()
        """Those that were there at the last look already."""
        self._told: list[tuple[weakref.ref[Any], int, int, int, dict[str, Any]]] = []
        """(task, serial, connection, since, facts) of those that have been told and go on."""

    def look(self, now: int, tasks: list[Any]) -> None:
        """Tell of those that are still there since the last look."""
        observer = self._outbox.observer
        living = {each.number for each in list(self._outbox.open.values())}
        living |= {each.number for each in self._outbox.lifespans if not each.ended}
        self._tell_ends(now)
        told = {id(reference()) for reference, *_ in self._told}
        for task in tasks:
            number = stacks.number_of(task, observer.current)
            if number is None or number in living or id(task) in told or stacks.is_of(task, NOT_THE_APPLICATION):
                continue
            if task not in self._seen:
                self._seen.add(task)
            elif len(self._told) < KNOWN:
                serial = observer.serial()
                frames, waits = stacks.awaited(stacks.coroutine_of(task))
                lines = [list(stacks.line_of(frame)) for frame in stacks.application_part(frames)]
                facts = {"task": stacks.name_of(task), "stack": lines, "waiting_for": stacks.described(waits)}
                observer.tell(TASK, number, now, None, facts, serial)
                self._told.append((weakref.ref(task), serial, number, now, facts))

    def _tell_ends(self, now: int) -> None:
        going_on = []
        for entry in self._told:
            reference, serial, number, since, facts = entry
            task = reference()
            if task is None or task.done():
                self._outbox.observer.tell(TASK, number, since, now - since, facts, serial)
            else:
                going_on.append(entry)
        self._told = going_on


class Pool(NamedTuple):
    """A pool of threads at a moment."""

    name: str
    size: int
    waiting: int
    """Calls that wait for a free thread."""
    threads: list[int | None] | None
    """Their identities; None where any may belong to it."""


class PoolWatch:
    """Executors of the standard library, and anyio's limiter of worker threads."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._since: dict[str, tuple[int, int | None, dict[str, Any]]] = {}
        """By pool: since when none is free, the serial once that has been told, and the facts."""

    def look(self, now: int) -> None:
        """Look at all executors of this process: their threads are known by the queue that they serve."""
        module: Any = sys.modules.get("concurrent.futures.thread")
        if module is None:
            return
        pools: dict[int, tuple[Any, list[Any]]] = {}
        for thread, queue in list(module._threads_queues.items()):
            pools.setdefault(id(queue), (queue, []))[1].append(thread)
        for key, (queue, threads) in pools.items():
            name = threads[0].name.rpartition("_")[0] or threads[0].name
            pool = Pool(name, len(threads), queue.qsize(), [each.ident for each in threads])
            self._note(now, f"executor {key}", pool)
        self._end_others(now, "executor ", {f"executor {key}" for key in pools})

    def look_at_tasks(self, now: int, tasks: Iterable[Any]) -> None:
        """Tasks that wait for one of anyio's tokens stand in a function of that name."""
        limiters: dict[int, list[Any]] = {}
        for task in tasks:
            frames, _ = stacks.awaited(stacks.coroutine_of(task))
            for frame in frames[-3:]:
                if frame.f_code.co_name == "acquire_on_behalf_of":
                    limiter = frame.f_locals.get("self")
                    limiters.setdefault(id(limiter), [limiter]).append(task)
        for key, (limiter, *waiting) in limiters.items():
            self._note(now, f"anyio {key}", Pool("anyio worker threads", _tokens(limiter), len(waiting), None))
        self._end_others(now, "anyio ", {f"anyio {key}" for key in limiters})

    def _note(self, now: int, key: str, pool: Pool) -> None:
        """A pool as it is now. That none of its threads is free is told once it has been so at two looks."""
        if not pool.waiting:
            self._end(now, key)
            return
        began, serial, facts = self._since.get(key, (now, None, {}))
        facts |= {"pool": pool.name, "size": pool.size, "waiting": max(pool.waiting, facts.get("waiting", 0))}
        wanted = serial is None or (not facts["held_by"] and now - began < SOUGHT)
        if now - began >= EXHAUSTED and wanted:
            facts["held_by"] = self._holders(pool.threads)
            if serial is None or facts["held_by"]:
                serial = serial if serial is not None else self._outbox.observer.serial()
                self._outbox.observer.tell(POOL, None, began, None, facts, serial)
        self._since[key] = began, serial, facts

    def _holders(self, threads: list[int | None] | None) -> list[int]:
        """The connections that the pool's threads are at work for."""
        current = self._outbox.observer.current
        loops = {thread for _, thread in list(self._outbox.observer.loops.values())}
        frames: dict[int, FrameType] = sys._current_frames()
        wanted = [frames[each] for each in frames.keys() - loops if threads is None or each in threads]
        numbers = {stacks.number_of_thread(stacks.frames_of_thread(frame), current) for frame in wanted}
        return sorted(number for number in numbers if number is not None)

    def _end(self, now: int, key: str) -> None:
        entry = self._since.pop(key, None)
        if entry is not None and entry[1] is not None:
            began, serial, facts = entry
            self._outbox.observer.tell(POOL, None, began, now - began, facts, serial)

    def _end_others(self, now: int, prefix: str, known: set[str]) -> None:
        """Pools of that kind that are not there any more."""
        for key in [key for key in self._since if key.startswith(prefix) and key not in known]:
            self._end(now, key)


def _tokens(limiter: object) -> int:
    try:
        tokens = object.__getattribute__(limiter, "_total_tokens")
    except Exception:
        return 0
    return int(tokens) if isinstance(tokens, int | float) and tokens < 1 << 31 else 0
