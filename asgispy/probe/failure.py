"""Formats an exception where it happened, so that no exception object outlives its moment on our account."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from asgispy.model.events import Error
from asgispy.probe.snapshot import type_name
from asgispy.wire.codec import encode_error

TEXT_LIMIT: Final = 64 * 1024
FRAME_LIMIT: Final = 200
OWN_FOLDER: Final = str(Path(__file__).parent)


def encode_exception(error: BaseException) -> bytes:
    """Type, message and traceback (causes and groups included, our own frames left out), encoded. Never raises."""
    try:
        formatted = traceback.TracebackException.from_exception(error, limit=-FRAME_LIMIT, max_group_width=8)
        _leave_out_own(formatted, set())
        text = "".join(formatted.format())
        message = "".join(formatted.format_exception_only()).strip().partition(": ")[2]
    except Exception:  # an exception whose own methods raise
        text, message = "", "its description raised an exception"
    if len(text) > TEXT_LIMIT:
        text = f"{text[: TEXT_LIMIT // 2]}\n  […]\n{text[-TEXT_LIMIT // 2 :]}"
    return encode_error(Error(type_name(error), message[:4096], text))


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
