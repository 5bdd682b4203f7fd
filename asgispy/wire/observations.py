"""Observations and reports of what is in flight, to MessagePack and back.

Numbers of connections are those of the process. What must not move in: sockets, and what facts mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import msgspec

from asgispy.errors import WireError
from asgispy.model.observation import InFlight, TaskStack
from asgispy.wire.codec import encode_value

if TYPE_CHECKING:
    from asgispy.model.observation import Line

_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
_LineNumber = Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]


class RawObservation(NamedTuple):
    """An observation as it travels."""

    serial: int
    """Its number in the process: one that is sent again replaces the earlier."""
    kind: int
    number: int | None
    """The connection's; None for the process's own."""
    time: int
    """Monotonic nanoseconds."""
    duration: int | None
    facts: bytes
    """An encoded mapping."""


_observations = msgspec.msgpack.Decoder(list[tuple[_Number, _Number, _Number | None, _Number, _Number | None, bytes]])


def encode_observations(observations: list[RawObservation]) -> bytes:
    """The payload of an observations frame."""
    return encode_value([tuple(each) for each in observations])


def decode_observations(payload: bytes) -> list[RawObservation]:
    """Raises WireError for anything else."""
    try:
        return [RawObservation(*each) for each in _observations.decode(payload)]
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"malformed observations: {error}") from None


_Lines = list[tuple[str, _LineNumber, str, str]]
_Tasks = list[tuple[str, bool, _Lines, str]]
_asks = msgspec.msgpack.Decoder(tuple[_Number, list[_Number] | None])
_answers = msgspec.msgpack.Decoder(tuple[_Number, list[tuple[_Number, str, _Tasks]]])


def encode_ask(id: int, numbers: list[int] | None) -> bytes:
    """A question: what are these connections (None for all) doing?"""
    return encode_value((id, numbers))


def decode_ask(payload: bytes) -> tuple[int, list[int] | None]:
    """Raises WireError for anything else."""
    try:
        return _asks.decode(payload)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"malformed question: {error}") from None


def encode_answer(id: int, report: list[InFlight]) -> bytes:
    """The answer to the question of that id. Lone surrogates are escaped: names of files may have any."""
    plain = [[each.connection, each.doing, [_task(task) for task in each.tasks]] for each in report]
    try:
        return encode_value((id, plain))
    except UnicodeEncodeError:
        return encode_value((id, _escaped(plain)))


def decode_answer(payload: bytes) -> tuple[int, list[InFlight]]:
    """Raises WireError for anything else."""
    try:
        id, plain = _answers.decode(payload)
    except (msgspec.DecodeError, ValueError) as error:
        raise WireError(f"malformed answer: {error}") from None
    return id, [InFlight(number, doing, tuple(_to_task(*task) for task in tasks)) for number, doing, tasks in plain]


def _to_task(name: str, thread: bool, lines: list[Line], waiting_for: str) -> TaskStack:
    return TaskStack(name, thread, tuple(lines), waiting_for)


def _task(task: TaskStack) -> list[Any]:
    return [task.name, task.thread, task.lines, task.waiting_for]


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return [_escaped(each) for each in value] if isinstance(value, list | tuple) else value


ANSWER_LIMIT: Final = 4 * 1024**2
"""Bytes of an answer that a probe sends at most."""
