"""Formats an exception where it happened, so that no exception object outlives its moment on our account."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.events import Error
from asgispy.probe.snapshot import describe, type_name
from asgispy.wire.codec import encode_error

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_LIMIT: Final = 64 * 1024
FRAME_LIMIT: Final = 200
NAMES: Final = 40
"""Variables of one frame that are told."""
VALUE: Final = 80
"""Characters of a variable's value that are told."""
SECRET: Final = re.compile(r"passw|pwd|secret|token|api_?key|auth|cookie|session|credential|private", re.IGNORECASE)
"""Names of variables whose values are not told."""
_TRACEBACK: Final[Any] = BaseException.__dict__["__traceback__"].__get__
_CAUSE: Final[Any] = BaseException.__dict__["__cause__"].__get__
_CONTEXT: Final[Any] = BaseException.__dict__["__context__"].__get__
_MEMBERS: Final[Any] = BaseExceptionGroup.__dict__["exceptions"].__get__
"""Read by the built-in's own way, whatever a subclass says."""
OWN_FOLDER: Final = str(Path(__file__).parent)


def encode_exception(error: BaseException, with_locals: bool = False) -> bytes:
    """Type, message and traceback (causes and groups included, our own frames left out), encoded. Never raises.

    `with_locals` adds the variables of each frame, as Python's own `traceback` would, but short, without calling what
    an application wrote, and with what may be secret masked.
    """
    try:
        formatted = traceback.TracebackException.from_exception(error, limit=-FRAME_LIMIT, max_group_width=8)
        if with_locals:
            _add_locals(formatted, error, set())
        _leave_out_own(formatted, set())
        text = "".join(formatted.format())
        message = "".join(formatted.format_exception_only()).strip().partition(": ")[2]
    except Exception:  # an exception whose own methods raise
        text, message = "", "its description raised an exception"
    if len(text) > TEXT_LIMIT:
        text = f"{text[: TEXT_LIMIT // 2]}\n  […]\n{text[-TEXT_LIMIT // 2 :]}"
    return encode_error(Error(type_name(error), message[:4096], text))


def _add_locals(formatted: traceback.TracebackException | None, error: BaseException | None, seen: set[int]) -> None:
    if formatted is None or error is None or id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-FRAME_LIMIT:]
    for summary, frame in zip(formatted.stack, frames, strict=False):
        summary.locals = {str(name): _short(str(name), value) for name, value in list(frame.f_locals.items())[:NAMES]}
    _add_locals(formatted.__cause__, error.__cause__, seen)
    _add_locals(formatted.__context__, error.__context__, seen)
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for part, member in zip(formatted.exceptions or (), members, strict=False):
        _add_locals(part, member, seen)


def _short(name: str, value: object) -> str:
    """A variable's value in one short line."""
    if SECRET.search(name):
        return "*** masked"
    kind = type(value)
    if kind is str or kind is bytes:
        text = repr(value[:VALUE])  # type: ignore[index]
        return text if len(value) <= VALUE else f"{text}… of {len(value):,}"  # type: ignore[arg-type]
    if kind is int and abs(value) >> 256:  # type: ignore[arg-type]
        return "<a large int>"
    return repr(value) if kind in (int, float, bool, type(None)) else describe(value).repr[:VALUE]


def _leave_out_own(formatted: traceback.TracebackException | None, seen: set[int]) -> None:
    if formatted is None or id(formatted) in seen:
        return
    seen.add(id(formatted))
    frames = [frame for frame in formatted.stack if not frame.filename.startswith(OWN_FOLDER)]
    formatted.stack = traceback.StackSummary.from_list(frames)
    _leave_out_own(formatted.__cause__, seen)
    _leave_out_own(formatted.__context__, seen)
    for member in formatted.exceptions or ():
        _leave_out_own(member, seen)


def places_left(error: BaseException) -> Iterator[tuple[tuple[int, int], str]]:
    """The frames that an exception and those before it have left, with the exception's name; the latest first."""
    errors = [error]
    for each in errors:
        step = _TRACEBACK(each)
        for _ in range(FRAME_LIMIT * 2):
            if step is None:
                break
            yield (id(step.tb_frame), id(step.tb_frame.f_code)), type_name(each)
            step = step.tb_next
        others = [_CAUSE(each), _CONTEXT(each)]
        if issubclass(type(each), BaseExceptionGroup):
            others += _MEMBERS(each)
        errors += [other for other in others[:8] if other is not None and len(errors) < 16 and other not in errors]
