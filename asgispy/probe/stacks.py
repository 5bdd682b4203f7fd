"""Where tasks and threads are, as calls from the outermost to the one that waits, and which connection they belong to.

Everything is read from other threads while the application goes on, so each look may meet something half done: nothing
here raises, calls a method that a user wrote, or changes anything. What must not move in: when to look.
"""

from __future__ import annotations

import functools
import gc
import linecache
import sys
from contextvars import Context, ContextVar
from pathlib import Path
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, Final

from asgispy.probe.snapshot import type_name
from asgispy.probe.steps import Steps

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Iterator
    from types import FrameType

    from asgispy.model.observation import Line

DEPTH: Final = 120
"""Calls of one stack that are told."""
TASKS: Final = 5_000
"""Tasks of a loop that are looked at."""
SOURCE: Final = 200
"""Characters of a source line that are told."""
OWN_FOLDER: Final = str(Path(__file__).parent)
OWN_PACKAGE: Final = "asgispy.probe."
MIDDLEWARE: Final = str(Path(__file__).with_name("middleware.py"))
RECORDER: Final = str(Path(__file__).with_name("recorder.py"))
LOOP_FOLDER: Final = str(Path(functools.__file__).parent / "asyncio")

LOOP_FUNCTIONS: Final = frozenset({"_run", "_run_once", "run_forever", "run_until_complete", "run", "__step"})
"""Functions of asyncio in which a loop calls what is ready."""

Number = ContextVar[int | None]


def line_at(file: str, line: int, function: str) -> Line:
    """A place in the source, with its text as far as it can be read."""
    try:
        text = linecache.getline(file, line).strip()[:SOURCE]
    except Exception:  # a loader of the application's
        text = ""
    return file, line, function, text


def line_of(frame: FrameType) -> Line:
    """Where a frame is now."""
    code = frame.f_code
    return line_at(code.co_filename, frame.f_lineno or code.co_firstlineno, code.co_qualname)


# Tasks


def tasks_of(loop: AbstractEventLoop) -> list[Any]:
    """The tasks of a loop that are not done."""
    asyncio = sys.modules["asyncio"]
    try:
        return list(asyncio.all_tasks(loop))[:TASKS]
    except Exception:  # they changed too fast, or the loop has gone
        return []


def number_in(context: object, current: Number) -> int | None:
    """The connection that a context belongs to."""
    return context.get(current) if type(context) is Context else None


def context_of(task: object) -> Context | None:
    """The context that a task runs in. Before Python 3.12 only the garbage collector knows."""
    get = getattr(type(task), "get_context", None)
    if get is not None:
        return get(task)  # type: ignore[no-any-return]
    own = getattr(task, "_context", None)
    if type(own) is Context:
        return own
    return next((each for each in gc.get_referents(task) if type(each) is Context), None)


def number_of(task: object, current: Number) -> int | None:
    """The connection that a task was born in."""
    try:
        return number_in(context_of(task), current)
    except Exception:
        return None


def coroutine_of(task: Any) -> object:
    """What a task drives."""
    try:
        return task.get_coro()
    except Exception:
        return None


def current_task() -> Any:
    """The running task of asyncio; None where there is none, as on another library's loop."""
    asyncio = sys.modules.get("asyncio")
    return asyncio.current_task() if asyncio is not None and asyncio._get_running_loop() is not None else None


def is_of(task: object, packages: tuple[str, ...]) -> bool:
    """Whether the function that a task runs belongs to one of these packages, named with a dot at their ends."""
    frame = getattr(coroutine_of(task), "cr_frame", None)
    return frame is not None and f"{frame.f_globals.get('__name__', '')}.".startswith(packages)


def name_of(task: Any) -> str:
    """A task's name, and the function that it runs."""
    coroutine = coroutine_of(task)
    function = str(getattr(coroutine, "__qualname__", type(coroutine).__name__))
    try:
        return f"{task.get_name()} {function}"[:SOURCE]
    except Exception:
        return function[:SOURCE]


def awaited(coroutine: object) -> tuple[list[FrameType], object]:
    """The frames of a suspended coroutine, outermost first, and what the innermost awaits."""
    frames: list[FrameType] = []
    for _ in range(DEPTH):
        match coroutine:
            case CoroutineType():
                frame, inner = coroutine.cr_frame, coroutine.cr_await
            case GeneratorType():
                frame, inner = coroutine.gi_frame, coroutine.gi_yieldfrom
            case AsyncGeneratorType():
                frame, inner = coroutine.ag_frame, coroutine.ag_await
            case Steps():
                coroutine = coroutine.coroutine
                continue
            case _:
                inner = _wrapped(coroutine)
                if inner is None:
                    return frames, coroutine
                coroutine = inner
                continue
        if frame is not None:
            frames.append(frame)
        if inner is None:
            return frames, None
        coroutine = inner
    return frames, coroutine


def _wrapped(awaitable: object) -> object:
    """The coroutine or generator within a wrapper of the interpreter's own."""
    if type(awaitable).__name__ not in ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow"):
        return None
    kinds = (CoroutineType, GeneratorType, AsyncGeneratorType)
    return next((each for each in gc.get_referents(awaitable) if isinstance(each, kinds)), None)


def is_own_task(frames: list[FrameType]) -> bool:
    """Whether these are the frames of the task that a connection came with, not of one that it started."""
    return any(frame.f_code.co_filename == MIDDLEWARE for frame in frames)


def application_part(frames: list[FrameType]) -> list[FrameType]:
    """The frames without the server that called us, without us, and without what `receive` and `send` do in there."""
    files = [frame.f_code.co_filename for frame in frames]
    first = max((place for place, file in enumerate(files) if file == MIDDLEWARE), default=-1) + 1
    last = next((place for place in range(first, len(files)) if files[place] == RECORDER), len(files))
    return [frame for frame in frames[first:last] if not frame.f_code.co_filename.startswith(OWN_FOLDER)]


def described(awaitable: object) -> str:
    """What is awaited, in a word or two."""
    if awaitable is None:
        return ""
    name = type_name(awaitable)
    if name.endswith("FutureIter"):
        name = "Future"
    return name.removeprefix("_asyncio.").removeprefix("asyncio.")[:SOURCE]


# Threads


def frames_of_thread(frame: FrameType | None) -> list[FrameType]:
    """The frames of a running thread, outermost first."""
    frames: list[FrameType] = []
    while frame is not None and len(frames) < DEPTH * 2:
        frames.append(frame)
        frame = frame.f_back
    return frames[::-1]


def number_of_thread(frames: list[FrameType], current: Number) -> int | None:
    """The connection for which a worker's thread is at work: executors run their calls within a copy of its context.

    That copy is among the variables of the frames near the outermost one, by itself or bound in a `partial`.
    """
    for frame in frames[:12]:
        for value in _values(frame):
            number = number_in(_context_in(value), current)
            if number is not None:
                return number
    return None


def _values(frame: FrameType) -> Iterator[object]:
    try:
        values = list(frame.f_locals.values())[:40]
    except Exception:
        return
    yield from values


def _context_in(value: object, depth: int = 2) -> object:
    kind = type(value)
    if kind is Context:
        return value
    if kind is functools.partial and depth:
        partial: Any = value
        return next((found for each in (partial.func, *partial.args) if (found := _context_in(each, depth - 1))), None)
    if kind.__name__ == "builtin_function_or_method":
        return getattr(value, "__self__", None)
    if kind.__name__ == "_WorkItem" and depth:
        item: Any = value
        return next((found for each in (item.fn, *item.args) if (found := _context_in(each, depth - 1))), None)
    return None


def inner_frames(frames: list[FrameType]) -> list[FrameType]:
    """The frames of a loop's thread from where the loop, or the probe, has called the application."""
    last = -1
    for place, frame in enumerate(frames):
        file = frame.f_code.co_filename
        runs = file.startswith(LOOP_FOLDER) and frame.f_code.co_name in LOOP_FUNCTIONS
        if runs or (file.startswith(OWN_FOLDER) and file != RECORDER):
            last = place
    return frames[last + 1 :]
