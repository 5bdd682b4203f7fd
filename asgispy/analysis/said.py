"""Observations in words: one line each. Pure.

What must not move in: places in the source (source), styles and widths (tui), columns of exports (formats).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgispy.analysis.source import place_text, stack_of, telling_line
from asgispy.model.observation import (
    DELAY,
    LAYERS,
    LEFT,
    LOG,
    OUTPUT,
    PAUSE,
    POOL,
    REPLAY,
    SENDER,
    STALL,
    TASK,
    UPSTREAM,
    WARNING,
)
from asgispy.model.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgispy.model.observation import Observation


def layer_names(facts: dict[str, Any]) -> str:
    """The names of the layers that an X-ray saw, outermost first, one a line."""
    layers = facts.get("layers")
    names = [each.get("name") for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []
    return "\n".join(name for name in names if isinstance(name, str))


def say(observation: Observation) -> str:
    """An observation in one line."""
    telling = _SAYINGS.get(observation.kind)
    return telling(observation) if telling is not None else observation.name


_LEVELS: Final = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}
"""Of logging, by number; an application may have others."""


def level_name(facts: dict[str, Any]) -> str:
    """The level of a log record, in small letters."""
    level = facts.get("level")
    return _LEVELS.get(level, str(level)) if isinstance(level, int) else ""


def level_number(name: str) -> int | None:
    """The level of that name, whatever `level_name` may have given; None for one that has none."""
    known = next((level for level, text in _LEVELS.items() if text == name), None)
    return int(name) if known is None and name.isdecimal() and len(name) < 10 else known


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


def _upstream(observation: Observation) -> str:
    facts = observation.facts
    place, took, connect = facts.get("place"), _after(observation), facts.get("connect")
    if facts.get("side") == "upstream":
        return f"upstream failed{took}: {facts.get('error')}"
    if facts.get("side") == "client":
        return f"the client left{took}: what was asked of {place} was cancelled"
    again = ", asked again since it had closed an idle connection" if facts.get("again") else ""
    connected = (
        f": connected in {format_duration(round(connect * 1e9))}"
        if isinstance(connect, float) and connect < 1e9
        else ""
    )
    return f"{place} answered{took}{connected}{again}"


def _after(observation: Observation) -> str:
    return f" after {format_duration(observation.duration)}" if observation.duration is not None else ""


def _replay(observation: Observation) -> str:
    facts = observation.facts
    original, capture = facts.get("original"), facts.get("capture")
    where = f" in {capture}" if isinstance(capture, str) and capture else ""
    return f"a replay of #{original}{where}" if isinstance(original, int) else "a replay"


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
    UPSTREAM: _upstream,
    REPLAY: _replay,
}
