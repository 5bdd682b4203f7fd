"""Observations in words: one line each, and the place in the source that matters most. Pure.

What must not move in: styles and widths (tui), columns of exports (formats).
"""

from __future__ import annotations

import logging
import sysconfig
from typing import TYPE_CHECKING, Any, Final

from asgispy.model.observation import (
    DELAY,
    LAYERS,
    LEFT,
    LOG,
    OUTPUT,
    PAUSE,
    POOL,
    SENDER,
    STALL,
    TASK,
    WARNING,
)
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgispy.model.observation import Line, Observation

_LIBRARIES: Final = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def telling_line(stack: Sequence[Line]) -> Line | None:
    """The innermost line of a stack that is the user's own; the innermost of all where none is."""
    own = [line for line in stack if not is_library(line[0])]
    return own[-1] if own else stack[-1] if stack else None


def is_library(file: str) -> bool:
    """Whether a file belongs to Python or to an installed package."""
    return file.startswith(("<", *_LIBRARIES)) or "site-packages" in file or "/lib/python" in file


def stack_of(facts: dict[str, Any]) -> list[Line]:
    """The stack among an observation's facts, as far as it is one."""
    found: list[Line] = []
    stack = facts.get("stack")
    for each in stack if isinstance(stack, list) else ():
        match each:
            case [str() as file, int() as line, str() as function, str() as text]:
                found.append((file, line, function, text))
    return found


def layer_names(facts: dict[str, Any]) -> str:
    """The names of the layers that an X-ray saw, outermost first, one a line."""
    layers = facts.get("layers")
    names = [each.get("name") for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []
    return "\n".join(name for name in names if isinstance(name, str))


def place_text(line: Line) -> str:
    """`file:line in function`, the file by its last two parts."""
    file = "/".join(line[0].replace("\\", "/").split("/")[-2:])
    return f"{file}:{line[1]} in {line[2].rpartition('.')[2]}"


def say(observation: Observation) -> str:
    """An observation in one line."""
    telling = _SAYINGS.get(observation.kind)
    return telling(observation) if telling is not None else observation.name


def level_name(facts: dict[str, Any]) -> str:
    """The level of a log record, in small letters."""
    level = facts.get("level")
    return logging.getLevelName(level).lower() if isinstance(level, int) else ""


def _for(observation: Observation) -> str:
    return f" for {format_duration(observation.duration)}" if observation.duration is not None else ""


def _log(observation: Observation) -> str:
    return f"{observation.facts.get('message', '')}"


def _output(observation: Observation) -> str:
    return str(observation.facts.get("text", "")).rstrip("\n")


def _stall(observation: Observation) -> str:
    line = telling_line(stack_of(observation.facts))
    at = "near" if observation.facts.get("inferred") else "at"
    where = f" {at} {place_text(line)}" if line is not None else ""
    delayed = observation.facts.get("delayed")
    others = f", delaying {len(delayed)}" if isinstance(delayed, list) and delayed else ""
    verb = "blocked" if observation.duration is not None else "is blocking"
    return f"{verb} the event loop{_for(observation)}{where}{others}"


def _delay(observation: Observation) -> str:
    by = observation.facts.get("by")
    whom = f" by connection {by}" if isinstance(by, int) else ""
    return f"delayed{_for(observation)}{whom}: the event loop was blocked"


def _pause(observation: Observation) -> str:
    return f"garbage collection of generation {observation.facts.get('generation')}{_for(observation)}"


def _pool(observation: Observation) -> str:
    facts = observation.facts
    holders = facts.get("held_by")
    by = f", held by {', '.join(f'#{each}' for each in holders[:8])}" if isinstance(holders, list) and holders else ""
    pool = f"{facts.get('pool')} ({facts.get('size')})"
    return f"no free thread{_for(observation)}: {pool}, {facts.get('waiting')} waiting{by}"


def _task(observation: Observation) -> str:
    line = telling_line(stack_of(observation.facts))
    where = f" at {place_text(line)}" if line is not None else ""
    lives = f"lived on{_for(observation)}" if observation.duration is not None else "lives on"
    return f"task {observation.facts.get('task')} {lives}{where}"


def _sender(observation: Observation) -> str:
    return f"sent from another task: {observation.facts.get('task')}"


def _left(observation: Observation) -> str:
    return "the client left"


def _layers(observation: Observation) -> str:
    layers = observation.facts.get("layers")
    return f"{len(layers) if isinstance(layers, list) else 0} layers of middleware"


_SAYINGS: Final[dict[int, Callable[[Observation], str]]] = {
    LOG: _log,
    OUTPUT: _output,
    WARNING: _output,
    STALL: _stall,
    DELAY: _delay,
    PAUSE: _pause,
    POOL: _pool,
    TASK: _task,
    SENDER: _sender,
    LEFT: _left,
    LAYERS: _layers,
}
